// Software of others that a test needs in the cluster: installed before its first test, taken away
// after its last. `test/kind/addons` says what each is made from.
import { afterAll, beforeAll } from 'vitest';
import { clusterTool, clusterToolWithin, theCluster } from './cluster.ts';
import { stopwatch } from './report.ts';

/** Enough to compile the largest of them from nothing. */
const BUILD_LIMIT_MS = 40 * 60_000;

/** Has these addons in the cluster while the tests of a file run. */
export function useAddons(...addons: string[]): void {
  beforeAll(async () => {
    const { name } = await theCluster();
    const took = stopwatch();
    for (const addon of addons) await clusterToolWithin(BUILD_LIMIT_MS, 'addon', addon, name);
    took(`to install ${addons.join(' and ')}`);
  }, BUILD_LIMIT_MS);
  afterAll(async () => {
    const { name } = await theCluster();
    for (const addon of addons.toReversed()) await clusterTool('remove', addon, name);
  });
}
