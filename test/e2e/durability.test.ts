// Durability: the server is killed again and again while clients write, and afterwards every write
// that was acknowledged is read back.
import { beforeAll, expect, it } from 'vitest';
import { POD } from '../../operator/api/resources.ts';
import type { ApiObject } from '../support/control-plane-client.ts';
import { useGround } from './support/ground.ts';
import { killContainer } from './support/node.ts';
import { eventually } from './support/patience.ts';
import { report, seconds, stopwatch } from './support/report.ts';
import { Writers } from './support/writers.ts';

const ground = useGround('durability');
const WRITES_BETWEEN = 150;

/** The process ends, and the kubelet starts it again in the same pod. */
async function killProcess(): Promise<void> {
  const pod = await ground().podOf('orders');
  await killContainer(ground().cluster, pod);
  const restartsBefore = restartsOf(pod);
  await eventually('the container is started again', async () => {
    return restartsOf(await ground().podOf('orders')) > restartsBefore;
  });
}

/** The pod is taken away without waiting for its end; the next may start before it has ended. */
async function takePodAway(): Promise<void> {
  const { name, uid } = (await ground().podOf('orders')).metadata;
  await ground().remove(POD, name);
  await eventually('another pod is ready', async () => {
    const { metadata, status } = await ground().podOf('orders');
    return metadata.uid !== uid && status.containerStatuses?.[0]?.ready;
  });
}

const restartsOf = ({ status }: ApiObject): number => status.containerStatuses[0].restartCount;

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
      writers.takeLongestSilenceMs();
      await kill();
      await writers.untilFurther(WRITES_BETWEEN);
      report(`${name}: no write acknowledged for ${seconds(writers.takeLongestSilenceMs())}`);
    }
  } finally {
    await writers.stop();
  }
  const tookMs = took('all kills');
  const audit = await writers.audit();
  const { acknowledged, uncertain, missing, wrong } = audit;
  report(`${acknowledged} keys acknowledged in ${seconds(tookMs)}, ${uncertain} uncertain`);
  report(`${missing.length} of them missing, ${wrong.length} wrong`);
  expect(missing).toEqual([]);
  expect(wrong).toEqual([]);
  expect(uncertain).toBeGreaterThan(0);
  expect((await ground().untilReady('orders')).status.readyReplicas).toBe(1);
});
