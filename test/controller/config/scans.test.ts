// checkov and kube-score on all that gets into a cluster: what the folders of config/ render, and
// the children that the operator makes of every kind of DumbKV. Clean, but for what
// explained-findings.ts says the reason of. A quarter of a minute on two busy cores.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  CONFIG_MAP,
  ENDPOINT_SLICE,
  POD,
  WATCHED_CHILDREN,
} from '../../../operator/api/resources.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import { kubectlOutput } from '../../support/control-plane-kubectl.ts';
import { useDirectory } from '../../support/plugin-run.ts';
import {
  type CheckovResult,
  checkovFindings,
  type Finding,
  kubeScoreFindings,
  type Scans,
  writeScans,
} from '../../support/scanners.ts';
import { KINDS } from '../../unit/operator/reconcile/kinds.ts';
import { needless, unexplained } from './explained-findings.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = [
  ...['config/default', 'config/namespaced', 'config/overlays/production'],
  ...['config/overlays/sqlite', 'config/overlays/postgres'],
];
/** What is made for an instance, but by others. */
const OF_OTHERS = [POD, ENDPOINT_SLICE];

const directory = useDirectory();
let scans: Scans;
let checkov: CheckovResult;
let kubeScore: Finding[];

/** kubectl renders by itself; it needs no cluster, only a place for its cache. */
async function renderedFrom(folder: string): Promise<ApiObject[]> {
  const nobody = { kubeconfigPath: join(directory(), 'kubeconfig') };
  const text = await kubectlOutput(nobody, ['kustomize', join(ROOT, folder)]);
  return parseAllDocuments(text).map((document) => document.toJS());
}

/** What the operator itself makes of each kind of DumbKV, once all is well. */
async function childrenOfAll(): Promise<[string, ApiObject[]][]> {
  const types = [...WATCHED_CHILDREN.filter((type) => !OF_OTHERS.includes(type)), CONFIG_MAP];
  const made = KINDS.map(async ([sentence, make]): Promise<[string, ApiObject[]]> => {
    const { client } = await make().settle();
    return [nameFor(sentence), types.flatMap((type) => client.peekAll(type))];
  });
  return Promise.all(made);
}

const nameFor = (sentence: string): string => sentence.toLowerCase().replace(/[^a-z]+/g, '-');

beforeAll(async () => {
  const folders = FOLDERS.map(
    async (folder) => [nameFor(folder), await renderedFrom(folder)] as const,
  );
  scans = new Map([...(await Promise.all(folders)), ...(await childrenOfAll())]);
  const folder = writeScans(scans, join(directory(), 'scans'));
  kubeScore = kubeScoreFindings(scans, folder);
  checkov = checkovFindings(folder);
});

describe('what is looked at', () => {
  it('is what config/ installs, and each kind of child', () => {
    const kinds = new Set([...scans.values()].flat().map(({ kind }) => kind));
    const some = ['ClusterRole', 'Role', 'Namespace', 'CustomResourceDefinition', 'DumbKV'];
    const made = WATCHED_CHILDREN.filter((type) => !OF_OTHERS.includes(type));
    expect([...kinds]).toEqual(expect.arrayContaining([...some, ...made.map(({ kind }) => kind)]));
    for (const [name, objects] of scans) expect(objects.length, name).toBeGreaterThan(1);
  });
});

describe('kube-score', () => {
  it('finds nothing that is not explained', () => {
    expect(unexplained(kubeScore)).toEqual([]);
  });

  it('would find a container that may write to its root', () => {
    const [, objects = []] = [...scans].find(([name]) => name === 'config-default') ?? [];
    const spoilt = JSON.parse(
      JSON.stringify(objects).replace(
        '"readOnlyRootFilesystem":true',
        '"readOnlyRootFilesystem":false',
      ),
    );
    const worse = new Map([['spoilt', spoilt]]);
    const found = kubeScoreFindings(worse, writeScans(worse, join(directory(), 'spoilt')));
    expect(unexplained(found)).toEqual([
      expect.stringContaining('Deployment dumbkv-operator: container-security-context'),
    ]);
  });
});

describe('checkov', () => {
  it('finds nothing that is not explained', async ({ annotate }) => {
    if (checkov.findings === undefined) {
      await annotate(`checkov is not installed, so it has looked at nothing: ${checkov.said}`);
      return;
    }
    expect(checkov.passed).toBeGreaterThan(500);
    expect(unexplained(checkov.findings)).toEqual([]);
  });
});

it('nothing is explained that is not found', () => {
  // without checkov its own checks cannot be found
  if (checkov.findings === undefined) return;
  expect(needless([...kubeScore, ...checkov.findings])).toEqual([]);
});
