// What runs each command of the documents, so that none is believed unseen: a walk on a cluster, on
// an API server or on a server, a program of ours that has tests of its own, or nothing, and why.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DocumentCommand, guidePages, pageText, ROOT } from './commands.ts';

export type Verification = 'cluster' | 'api server' | 'server' | 'own program' | 'exception';

/** What nothing here can run as it stands, by how it begins, and why. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  'export KUBEBUILDER_ASSETS=$(test/kind/cluster binaries)':
    'it sets up the very run that this test is a part of; test/run does the same',
  'helm install dumbkv dist/dumbkv-operator-':
    'it takes the name of the operator that is there; test/controller/config/helm.test.ts installs',
  'install -m 755 dist/kubectl-dumbkv /usr/local/bin/':
    'it changes the machine; the walks have the plugin in a folder of their own',
  'docker run --rm --network host':
    'it takes an image of the reader’s own; test/server/built.test.ts runs the program',
  'sqlite3 dumbkv.db "UPDATE store SET incarnation':
    'test/server/log-frames.test.ts takes the statement from the page and runs it',
};

const WHOLE_CLUSTER =
  /^kubectl (?:(?:apply|delete) -k |delete dumbkv --all |label crd |create namespace dumbkv$)/;
const OF_A_USER = /^(?:kubectl|curl|[A-Za-z]+=\$?[\w(])/;
const OWN_PROGRAM = /^(?:make|npm run(?: --silent)?|(?=test\/)) ?(?<name>[\w:./-]+)/;

/** How a command is verified; undefined if nothing does it. */
export function verificationOf({ page, text }: DocumentCommand): Verification | undefined {
  if (Object.keys(EXCEPTIONS).some((known) => text.startsWith(known))) return 'exception';
  if (OWN_PROGRAM.test(text)) return 'own program';
  if (!OF_A_USER.test(text)) return undefined;
  if (page === 'docs/server.md') return 'server';
  if (!guidePages().includes(page)) return undefined;
  return WHOLE_CLUSTER.test(text) ? 'api server' : 'cluster';
}

/** Whether the program of ours that a command names is there. */
export function isOwnProgramThere({ text }: DocumentCommand): boolean {
  const name = OWN_PROGRAM.exec(text)?.groups?.name ?? '';
  if (text.startsWith('make ')) return new RegExp(`^${name}:`, 'm').test(pageText('Makefile'));
  if (text.startsWith('npm ')) return name in JSON.parse(pageText('package.json')).scripts;
  return existsSync(join(ROOT, name));
}
