// Deletion: under `Retain` the data set stays and a DumbKV of the same name finds it again; under
// `Delete` it goes, and the next one begins empty.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  POD,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../operator/api/resources.ts';
import { type Ground, useGround } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { stopwatch } from './support/report.ts';

const STORE_ID = 'dumbkv.dev/store-id';

/** Makes an instance that holds a value. */
async function makeWithValue(ground: Ground, spec: object): Promise<string> {
  await ground.applyDumbkv('orders', { ...spec });
  await ground.untilReady('orders');
  await (await ground.instance('orders')).put('kept', 'from before');
  return (await ground.get(CLAIM, 'orders-data')).metadata.labels[STORE_ID];
}

/** Deletes the DumbKV as a user does, and waits until what it owns is gone. */
async function removeInstance(ground: Ground): Promise<void> {
  const took = stopwatch();
  await ground.output(['delete', 'dumbkv', 'orders']);
  const children = [
    ...[DEPLOYMENT, SERVICE, SERVICE_ACCOUNT].map((type) => ({ type, name: 'orders' })),
    { type: SECRET, name: 'orders-token' },
  ];
  for (const { type, name } of children) await ground.untilGone(type, name);
  await eventually('no pod is left', async () => {
    const pods = await ground.list(POD);
    return !pods.some(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === 'dumbkv');
  });
  took('from kubectl delete to nothing left but the data set');
}

describe('Retain', () => {
  const ground = useGround('retain');

  it('keeps the data, and the DumbKV applied again finds it', async () => {
    const storeId = await makeWithValue(ground(), {});
    const tokenBefore = await ground().secretText('orders-token', 'token');
    const keyBefore = await ground().secretText('orders-sealing', 'sealing-key');
    await removeInstance(ground());

    const claim = await ground().get(CLAIM, 'orders-data');
    expect(claim.metadata.ownerReferences).toBeUndefined();
    expect(claim.metadata.deletionTimestamp).toBeUndefined();
    expect(await ground().secretText('orders-sealing', 'sealing-key')).toBe(keyBefore);

    const took = stopwatch();
    await ground().applyDumbkv('orders');
    await ground().untilReady('orders');
    took('from kubectl apply to Ready with the old data');
    const after = await ground().get(CLAIM, 'orders-data');
    expect(after.metadata.uid).toBe(claim.metadata.uid);
    expect(after.metadata.labels[STORE_ID]).toBe(storeId);
    expect(await ground().secretText('orders-sealing', 'sealing-key')).toBe(keyBefore);
    expect(await ground().secretText('orders-token', 'token')).not.toBe(tokenBefore);
    expect(await (await ground().instance('orders')).get('kept')).toBe('from before');
    const events = await ground().output(['get', 'events', '--output', 'name']);
    expect(events).toContain('event/orders.');
    expect(await ground().output(['describe', 'dumbkv', 'orders'])).toMatch(/Normal +Adopted/);
  });

  it('finds it also when applied again at once, while the old instance still goes', async () => {
    await ground().output(['delete', 'dumbkv', 'orders', '--wait=false']);
    await ground().untilGone(DUMBKV, 'orders');
    await ground().applyDumbkv('orders');
    await ground().untilReady('orders');
    expect(await (await ground().instance('orders')).get('kept')).toBe('from before');
  });
});

describe('Delete', () => {
  const ground = useGround('delete');
  const untilDataGone = async () => {
    await ground().untilGone(CLAIM, 'orders-data');
    await ground().untilGone(SECRET, 'orders-sealing');
  };

  it('removes the data, and the DumbKV applied again begins empty', async () => {
    const storeId = await makeWithValue(ground(), { deletionPolicy: 'Delete' });
    const volume = (await ground().get(CLAIM, 'orders-data')).spec.volumeName;
    await removeInstance(ground());
    await untilDataGone();
    await eventually('the volume is gone', async () => {
      const path = `/api/v1/persistentvolumes/${volume}`;
      return (await ground().call('GET', path)).status === 404;
    });

    await ground().applyDumbkv('orders');
    await ground().untilReady('orders');
    const { metadata } = await ground().get(CLAIM, 'orders-data');
    expect(metadata.labels[STORE_ID]).not.toBe(storeId);
    expect(await (await ground().instance('orders')).get('kept')).toBeUndefined();
  });

  it('begins empty also when applied again at once, while the old data still goes', async () => {
    await ground().change(DUMBKV, 'orders', { spec: { deletionPolicy: 'Delete' } });
    await ground().untilReady('orders');
    await (await ground().instance('orders')).put('kept', 'once more');
    const { uid } = (await ground().get(CLAIM, 'orders-data')).metadata;
    await ground().output(['delete', 'dumbkv', 'orders', '--wait=false']);
    await ground().untilGone(DUMBKV, 'orders');
    await ground().applyDumbkv('orders', { deletionPolicy: 'Delete' });
    await ground().untilReady('orders');
    expect((await ground().get(CLAIM, 'orders-data')).metadata.uid).not.toBe(uid);
    expect(await (await ground().instance('orders')).get('kept')).toBeUndefined();
  });

  it('keeps the data after all when the policy is changed to Retain before', async () => {
    await (await ground().instance('orders')).put('kept', 'rescued');
    await ground().change(DUMBKV, 'orders', { spec: { deletionPolicy: 'Retain' } });
    await eventually('the claim has no owner', async () => {
      const { metadata } = await ground().get(CLAIM, 'orders-data');
      return (metadata.ownerReferences ?? []).length === 0;
    });
    await ground().untilReady('orders');
    await removeInstance(ground());
    await ground().applyDumbkv('orders');
    await ground().untilReady('orders');
    expect(await (await ground().instance('orders')).get('kept')).toBe('rescued');
  });
});
