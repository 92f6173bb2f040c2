// A namespace with instances in it is deleted and goes away, also when no operator runs: nothing of
// ours holds it back, and nothing new is made in it meanwhile.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditFromNow, tally } from './support/audit.ts';
import { type Cluster, theCluster } from './support/cluster.ts';
import { type Ground, makeGround, removeNamespace } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { report, stopwatch } from './support/report.ts';
import { TheOperator } from './support/the-operator.ts';

let cluster: Cluster;
let operator: TheOperator;
const grounds: Ground[] = [];

/** A namespace with one instance of each deletion policy, both Ready. */
async function makeInhabited(): Promise<Ground> {
  const ground = await makeGround(cluster, `namespace-${randomBytes(3).toString('hex')}`);
  grounds.push(ground);
  await ground.applyDumbkv('kept', { ingress: { host: 'kept.example.com' } });
  await ground.applyDumbkv('dropped', { deletionPolicy: 'Delete' });
  await ground.untilReady('kept');
  await ground.untilReady('dropped');
  return ground;
}

beforeAll(async () => {
  cluster = await theCluster();
  operator = new TheOperator(cluster);
});

afterAll(async () => {
  await operator.comeBack();
  for (const ground of grounds) await ground.leave();
});

it('goes with the operator there, which makes nothing new in it', async () => {
  const { namespace } = await makeInhabited();
  const since = await auditFromNow(cluster);
  const took = stopwatch();
  await removeNamespace(cluster, namespace);
  took('the namespace was gone after');
  const requests = (await since()).filter((one) => one.namespace === namespace);
  report(`requests of the operator in it meanwhile: ${tally(requests)}`);
  const made = requests.filter(({ verb, status }) => verb === 'create' && status < 300);
  expect(made.filter(({ resource }) => resource !== 'events')).toEqual([]);
});

it('goes with the operator away', async () => {
  const { namespace } = await makeInhabited();
  await operator.leave();
  const took = stopwatch();
  await removeNamespace(cluster, namespace);
  took('without the operator the namespace was gone after');
  await operator.comeBack();
});

it('goes while an instance in it is still being made', async () => {
  const ground = await makeGround(cluster, `namespace-${randomBytes(3).toString('hex')}`);
  grounds.push(ground);
  const names = ['one', 'two', 'three'];
  const before = await operator.restarts();
  await Promise.all(names.map((name) => ground.applyDumbkv(name)));
  const took = stopwatch();
  await removeNamespace(cluster, ground.namespace);
  took('with instances being made the namespace was gone after');
  await eventually('the operator is well', async () => {
    return JSON.stringify(await operator.restarts()) === JSON.stringify(before);
  });
});
