// Suspend and resume, and the scale subresource: the pods go, everything else stays, and the data
// is there again afterwards.
import { beforeAll, describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT, DUMBKV, POD, SECRET, SERVICE } from '../../operator/api/resources.ts';
import { useGround } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { stopwatch } from './support/report.ts';

const ground = useGround('suspend');

/** The uids of all that must outlive a pause. */
async function lasting(): Promise<string[]> {
  const parts = [
    { type: CLAIM, name: 'orders-data' },
    ...['orders-token', 'orders-sealing'].map((name) => ({ type: SECRET, name })),
    ...[DEPLOYMENT, SERVICE].map((type) => ({ type, name: 'orders' })),
  ];
  const found = await Promise.all(parts.map(({ type, name }) => ground().get(type, name)));
  return found.map(({ metadata }) => metadata.uid);
}

const untilNoPods = () =>
  eventually('no pod is left', async () => {
    const pods = await ground().list(POD);
    return !pods.some(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'dumbkv');
  });

beforeAll(async () => {
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
  await (await ground().instance('orders')).put('kept', 'through the pause');
});

describe('spec.suspended', () => {
  it('takes the pod and nothing else, and gives it back', async () => {
    const before = await lasting();
    const suspending = stopwatch();
    await ground().change(DUMBKV, 'orders', { spec: { suspended: true } });
    const { status, message } = await ground().untilShows('orders', 'Suspended');
    await untilNoPods();
    suspending('from suspended to no pod left');
    expect(status).toBe('False');
    expect(message).toContain('Set it to false to resume');
    const { Stalled, Reconciling } = await ground().conditions('orders');
    expect([Stalled, Reconciling]).toEqual([undefined, undefined]);
    await eventually('the status counts no replica', async () => {
      return (await ground().get(DUMBKV, 'orders')).status.replicas === 0;
    });

    const resuming = stopwatch();
    await ground().change(DUMBKV, 'orders', { spec: { suspended: false } });
    await ground().untilReady('orders');
    resuming('from resumed to Ready');
    expect(await lasting()).toEqual(before);
    const orders = await ground().instance('orders');
    expect(await orders.get('kept')).toBe('through the pause');
  });
});

describe('kubectl scale', () => {
  const scale = (replicas: number) =>
    ground().kubectl(['scale', 'dumbkv', 'orders', `--replicas=${replicas}`]);

  it('stops the instance with 0 and starts it with 1', async () => {
    expect((await scale(0)).code).toBe(0);
    const { message } = await ground().untilShows('orders', 'NoReplicas');
    expect(message).toContain('Set it to 1 to serve');
    await untilNoPods();
    expect((await scale(1)).code).toBe(0);
    await ground().untilReady('orders');
    expect(await (await ground().instance('orders')).get('kept')).toBe('through the pause');
  });

  it('is refused with 2, with what to do', async () => {
    const { code, stderr } = await scale(2);
    expect(code).toBe(1);
    expect(stderr).toContain('engine sqlite takes at most one replica: set replicas to 1');
    expect((await ground().get(DUMBKV, 'orders')).spec.replicas).toBe(1);
  });

  it('tells an autoscaler how to find the pods', async () => {
    const path = `/apis/dumbkv.dev/v1alpha1/namespaces/${ground().namespace}/dumbkvs/orders/scale`;
    const { body } = await ground().call('GET', path);
    expect(body.status.replicas).toBe(1);
    const found = await ground().output(['get', 'pods', '-l', body.status.selector, '-o', 'name']);
    expect(found.trim()).toBe(`pod/${(await ground().podOf('orders')).metadata.name}`);
  });
});
