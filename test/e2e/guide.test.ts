// Reads README and the guide as a newcomer does, page after page in the order of docs/README.md,
// and runs every command as it stands there; what a page shows after a command must come to be.
// What changes the whole cluster runs on an API server of its own: test/controller/documents.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFailed } from 'vitest';
import { commandsOf, type DocumentCommand, guidePages, ROOT } from '../documents/commands.ts';
import { Shell } from '../documents/shell.ts';
import { verificationOf } from '../documents/verification.ts';
import { step } from '../documents/walk.ts';
import { buildPlugin } from '../support/built-plugin.ts';
import { kubectl } from '../support/control-plane-kubectl.ts';
import { type Cluster, clusterTool, theCluster } from './support/cluster.ts';
import { describeGround } from './support/diagnosis.ts';
import { Ground, removeNamespace } from './support/ground.ts';
import { PATIENCE_MS } from './support/patience.ts';
import { stopwatch } from './support/report.ts';

/** Those that the pages themselves make. */
const NAMESPACES = ['demo', 'team-a'];
/** Taken over as an aborted run left them, and known to whoever cleans up after tests. */
const MARKS = ['pod-security.kubernetes.io/enforce=restricted', 'e2e.dumbkv.dev/test=true'];
const MAKES_NAMESPACE = /^kubectl create namespace (?<name>\S+)$/;
/** What pages take from a clone of the project. */
const FROM_CLONE = ['README.md', 'config', 'crds'];
const directory = mkdtempSync(join(tmpdir(), 'dumbkv-guide-'));
const cwd = join(directory, 'clone');
let cluster: Cluster;
let pluginPath = '';

beforeAll(async () => {
  cluster = await theCluster();
  for (const name of NAMESPACES) {
    await unprotect(name);
    await removeNamespace(cluster, name);
  }
  await clusterTool('postgres', cluster.name);
  mkdirSync(cwd);
  for (const name of FROM_CLONE) symlinkSync(join(ROOT, name), join(cwd, name));
  pluginPath = buildPlugin(directory);
});

beforeEach(() => {
  onTestFailed(async () => {
    for (const name of NAMESPACES) {
      process.stdout.write(await describeGround(new Ground(name, cluster)));
    }
  });
});

afterAll(async () => {
  for (const name of cluster === undefined ? [] : NAMESPACES) {
    await unprotect(name);
    await cluster.call('DELETE', `/api/v1/namespaces/${name}`);
  }
  rmSync(directory, { recursive: true, force: true });
});

/** A page that failed may have left the mark that keeps a namespace from being deleted. */
const unprotect = (name: string) =>
  kubectl(cluster, ['label', 'namespace', name, 'dumbkv.dev/protected-']);

const stepsOf = (page: string): DocumentCommand[] =>
  commandsOf(page).filter((command) => verificationOf(command) === 'cluster');

/** A page stands by itself: its variables and its jobs end with it. */
async function read(page: string): Promise<void> {
  const { kubeconfigPath } = cluster;
  const shell = new Shell({ cwd, port: await freePort(), kubeconfigPath, pluginPath });
  try {
    for (const command of stepsOf(page)) {
      await step(shell, command, { limitMs: PATIENCE_MS });
      const made = MAKES_NAMESPACE.exec(command.text)?.groups?.name;
      if (made === undefined) continue;
      expect(NAMESPACES).toContain(made);
      const ground = new Ground(made, cluster);
      await ground.output(['label', '--overwrite', 'namespace', made, ...MARKS]);
    }
  } finally {
    await shell.end();
  }
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

it.each(guidePages())('%s does what it says', async (page) => {
  expect(stepsOf(page)).not.toHaveLength(0);
  const took = stopwatch();
  await read(page);
  took(`to read ${page}`);
});
