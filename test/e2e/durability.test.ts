// Durability: the server is killed again and again while clients write, and afterwards every write
// that was acknowledged is read back.
import { beforeAll, expect, it } from 'vitest';
import { POD } from '../../operator/api/resources.ts';
import { useGround } from './support/ground.ts';
import { killContainer } from './support/node.ts';
import { report, seconds, stopwatch } from './support/report.ts';
import { Writers } from './support/writers.ts';

const ground = useGround('durability');
const WRITES_BETWEEN = 150;

/** The process ends, and the kubelet starts it again in the same pod. */
const killProcess = async () => killContainer(ground().cluster, await ground().podOf('orders'));

/** The pod is taken away without waiting for its end; the next may start before it has ended. */
const takePodAway = async () => {
  await ground().remove(POD, (await ground().podOf('orders')).metadata.name);
};

/** In turns, since the kubelet starts a container that ends often with growing delays. */
const KILLS = [
  { name: 'process killed', kill: killProcess },
  { name: 'pod taken away', kill: takePodAway },
  { name: 'process killed', kill: killProcess },
  { name: 'process killed again', kill: killProcess },
  { name: 'pod taken away', kill: takePodAway },
];

beforeAll(async () => {
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
});

it('loses no acknowledged write when it is killed under load', async () => {
  const orders = await ground().instance('orders');
  const writers = new Writers(orders);
  const took = stopwatch();
  try {
    await writers.untilFurther(WRITES_BETWEEN);
    for (const { name, kill } of KILLS) {
      await kill();
      const back = stopwatch();
      await writers.untilFurther(1);
      back(`${name}: next write acknowledged after`);
      await writers.untilFurther(WRITES_BETWEEN);
    }
  } finally {
    await writers.stop();
  }
  const tookMs = took('all kills');
  const audit = await writers.audit();
  report(
    `${audit.acknowledged} keys acknowledged in ${seconds(tookMs)} through ${KILLS.length} kills, ` +
      `${audit.uncertain} uncertain, ${audit.missing.length} missing, ${audit.wrong.length} wrong`,
  );
  expect(audit.missing).toEqual([]);
  expect(audit.wrong).toEqual([]);
  expect(audit.uncertain).toBeGreaterThan(0);
  expect((await ground().untilReady('orders')).status.readyReplicas).toBe(1);
});
