// One writer: of two pods on one volume the second waits before it listens, says so in its log and
// serves nothing; it serves when the first is gone, however that one ended.
import { beforeAll, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, POD } from '../../operator/api/resources.ts';
import { useGround } from './support/ground.ts';
import { killContainer } from './support/node.ts';
import { eventually, stays } from './support/patience.ts';
import { stopwatch } from './support/report.ts';

const ground = useGround('one-writer');
const SECOND = 'second';
const WATCHED_MS = 15_000;

/** A pod like those of the instance, on the same volume, that no Service leads to. */
async function startSecond(): Promise<void> {
  const { spec } = (await ground().get(DEPLOYMENT, 'orders')).spec.template;
  await ground().make(POD, { metadata: { name: SECOND }, spec });
  await eventually('the second pod runs', async () => {
    return (await ground().get(POD, SECOND)).status?.phase === 'Running';
  });
}

const isReady = async (name: string) => {
  const { status } = await ground().get(POD, name);
  return status.containerStatuses?.[0]?.ready === true;
};

/** The instance as one pod serves it, past the Service. */
async function servedBy(name: string) {
  const { status } = await ground().get(POD, name);
  return (await ground().instance('orders')).at(`http://${status.podIP}:8000`);
}

async function expectServesNothing(name: string): Promise<void> {
  const pod = await servedBy(name);
  await expect(pod.open('/health/live')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await isReady(name)).toBe(false);
}

const logOf = (name: string) => ground().output(['logs', name]);

beforeAll(async () => {
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
  await (await ground().instance('orders')).put('written', 'by the first');
});

it('keeps a second pod on the volume from serving', async () => {
  await startSecond();
  await eventually('the second pod says that it waits', async () => {
    return (await logOf(SECOND)).includes('another process holds the store; waiting until it ends');
  });
  await stays(() => expectServesNothing(SECOND), WATCHED_MS);
  const orders = await ground().instance('orders');
  expect(await orders.get('written')).toBe('by the first');
  await orders.put('written', 'by the first, again');
});

it('lets the second in when the first is gone', async () => {
  await ground().change(DUMBKV, 'orders', { spec: { suspended: true } });
  const took = stopwatch();
  await eventually('the second pod is ready', () => isReady(SECOND));
  took('from the first told to end until the second serves');
  expect(await ground().podsOf('orders')).toEqual([]);
  const second = await servedBy(SECOND);
  expect(await second.get('written')).toBe('by the first, again');
  await second.put('written', 'by the second');
});

it('keeps the pod of the instance itself waiting while a stranger holds the store', async () => {
  await ground().change(DUMBKV, 'orders', { spec: { suspended: false } });
  const { metadata } = await eventually('the pod of the instance runs', async () => {
    const pod = await ground().podOf('orders');
    return pod.status?.phase === 'Running' && pod;
  });
  await eventually('it says that it waits', async () => {
    return (await logOf(metadata.name)).includes('another process holds the store');
  });
  await expectServesNothing(metadata.name);
  expect((await ground().conditions('orders')).Ready?.status).toBe('False');
});

it('lets it in when the stranger is killed', async () => {
  const waiting = await ground().podOf('orders');
  await ground().remove(POD, SECOND);
  await ground().untilReady('orders');
  const pod = await ground().podOf('orders');
  expect(pod.metadata.uid).toBe(waiting.metadata.uid);
  expect(pod.status.containerStatuses[0].restartCount).toBe(0);
  expect(await (await ground().instance('orders')).get('written')).toBe('by the second');
});

it('lets go of the store when its process is killed with SIGKILL', async () => {
  await startSecond();
  await killContainer(ground().cluster, await ground().podOf('orders'));
  const took = stopwatch();
  const isServed = async (name: string) => (await servedBy(name)).get('written');
  // the one that waited and the one that is started again compete for it; either may win
  await eventually('one of the two serves', async () => {
    const { metadata } = await ground().podOf('orders');
    const answers = await Promise.allSettled([SECOND, metadata.name].map(isServed));
    return answers.some((one) => one.status === 'fulfilled' && one.value === 'by the second');
  });
  took('from the process killed until the store is served again');
  await ground().remove(POD, SECOND);
  const orders = await ground().instance('orders');
  await eventually('the instance serves', async () => (await orders.get('written')) !== undefined);
  expect(await orders.get('written')).toBe('by the second');
});
