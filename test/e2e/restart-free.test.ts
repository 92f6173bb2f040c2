// An operator that is replaced restarts no instance: the pods are the same ones afterwards, and
// none of their containers was started anew.
import { beforeAll, expect, it } from 'vitest';
import { DEPLOYMENT } from '../../operator/api/resources.ts';
import { auditFromNow, tally, writesIn } from './support/audit.ts';
import { useGround } from './support/ground.ts';
import { stays } from './support/patience.ts';
import { report, stopwatch } from './support/report.ts';
import { TheOperator } from './support/the-operator.ts';

const ground = useGround('restart-free');
const INSTANCES = ['orders', 'carts'];
const WATCHED_MS = 15_000;

/** Each pod with its uid and restarts, and the generation of each Deployment. */
async function present(): Promise<unknown[]> {
  const rows = INSTANCES.map(async (name) => {
    const { metadata, status } = await ground().podOf(name);
    const { generation } = (await ground().get(DEPLOYMENT, name)).metadata;
    return [name, metadata.uid, status.containerStatuses[0].restartCount, generation];
  });
  return Promise.all(rows);
}

beforeAll(async () => {
  for (const name of INSTANCES) {
    await ground().applyDumbkv(name, { ingress: { host: `${name}.example.com` } });
  }
  for (const name of INSTANCES) await ground().untilReady(name);
});

it('leaves every instance as it is when the operator is replaced', async () => {
  const operator = new TheOperator(ground().cluster);
  const before = await present();
  const pods = Object.keys(await operator.restarts());
  const since = await auditFromNow(ground().cluster);
  const took = stopwatch();
  await operator.rollOut();
  took('the operator was replaced in');
  expect(Object.keys(await operator.restarts())).not.toEqual(pods);
  await stays(async () => expect(await present()).toEqual(before), WATCHED_MS);

  const writes = writesIn(await since()).filter(
    ({ namespace }) => namespace === ground().namespace,
  );
  report(`writes of the new operator to what was there: ${tally(writes)}`);
  expect(writes).toEqual([]);
});
