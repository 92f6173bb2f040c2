// Quiet: while nothing changes the operator writes nothing but its own Lease. The API server's
// audit log is the witness. DUMBKV_IDLE_MINUTES says for how long it is watched: 6 hold a resync.
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { DUMBKV } from '../../operator/api/resources.ts';
import { auditFromNow, tally, writesIn } from './support/audit.ts';
import { theCluster } from './support/cluster.ts';
import { removeNamespace, testNamespaces, useGround } from './support/ground.ts';
import { report, seconds } from './support/report.ts';

const MINUTE_MS = 60_000;
const IDLE_MS = Number(process.env.DUMBKV_IDLE_MINUTES ?? 0.75) * MINUTE_MS;
const SETTLE_MS = 5_000;
const ground = useGround('quiet');

beforeAll(async () => {
  // what earlier test files left must not be taken for noise of this one
  const cluster = await theCluster();
  for (const name of await testNamespaces(cluster)) {
    if (name !== ground().namespace) await removeNamespace(cluster, name);
  }
  await ground().applyDumbkv('orders', { ingress: { host: 'orders.example.com' } });
  await ground().untilReady('orders');
});

it(
  'leaves the API server alone while nothing changes',
  async () => {
    await pause(SETTLE_MS);
    const before = await ground().get(DUMBKV, 'orders');
    const since = await auditFromNow(ground().cluster);
    await pause(IDLE_MS);
    const requests = await since();
    const writes = writesIn(requests);
    report(`in ${seconds(IDLE_MS)} of idleness the operator asked: ${tally(requests)}`);
    report(`writes other than to its Lease: ${writes.length}`);
    expect(writes).toEqual([]);
    // the witness was awake: the Lease is renewed every two seconds
    expect(requests.filter(({ resource }) => resource === 'leases').length).toBeGreaterThan(0);
    expect((await ground().get(DUMBKV, 'orders')).metadata.resourceVersion).toBe(
      before.metadata.resourceVersion,
    );
  },
  IDLE_MS + 15 * MINUTE_MS,
);
