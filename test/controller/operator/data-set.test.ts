// The data set of an instance, its claim and its sealing key: kept or removed with the DumbKV,
// adopted by the next one of its name, and never given a new key while there is data.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT, DUMBKV, SECRET, SERVICE } from '../../../operator/api/resources.ts';
import { sealingKeyFileText } from '../../../server/sealing/key-file.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, makeChildren, serve, settleIn, useOperator } from './operator-suite.ts';

const suite = useOperator();
const PARTS = [
  { type: CLAIM, name: 'orders-data' },
  { type: SECRET, name: 'orders-sealing' },
];
const FINGERPRINT = 'dumbkv.dev/sealing-key-fingerprint';
const STORE_ID = 'dumbkv.dev/store-id';

const settle = (place: Place) => settleIn(place, suite.run());

const sealingKey = async (place: Place): Promise<string> =>
  (await place.get(SECRET, 'orders-sealing')).data['sealing-key'];

describe.concurrent('when a DumbKV is deleted', () => {
  it('its data set stays under Retain, without an owner', async () => {
    const place = await suite.place();
    await bringUp(place);
    for (const { type, name } of PARTS) {
      expect((await place.get(type, name)).metadata).not.toHaveProperty('ownerReferences');
    }
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    expect(await place.find(SECRET, 'orders-token')).toBeUndefined();
    for (const { type, name } of PARTS) expect(await place.find(type, name)).toBeDefined();
  });

  it('its data set goes with it under Delete', async () => {
    const place = await suite.place();
    const { metadata } = await bringUp(place, { deletionPolicy: 'Delete' });
    for (const { type, name } of PARTS) {
      expect((await place.get(type, name)).metadata.ownerReferences).toMatchObject([
        { kind: 'DumbKV', name: 'orders', uid: metadata.uid, controller: true },
      ]);
    }
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    for (const { type, name } of PARTS) expect(await place.find(type, name)).toBeUndefined();
  });

  it('it is the policy at that time that counts', async () => {
    const place = await suite.place();
    await bringUp(place, { deletionPolicy: 'Delete' });
    for (const [deletionPolicy, owners] of [
      ['Retain', 0],
      ['Delete', 1],
      ['Retain', 0],
    ] as const) {
      await place.change(DUMBKV, 'orders', { spec: { deletionPolicy } });
      await settle(place);
      for (const { type, name } of PARTS) {
        const { ownerReferences = [] } = (await place.get(type, name)).metadata;
        expect(ownerReferences, `${type.kind} under ${deletionPolicy}`).toHaveLength(owners);
      }
      expect((await place.get(DUMBKV, 'orders')).status.deletionPolicy).toBe(deletionPolicy);
    }
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    for (const { type, name } of PARTS) expect(await place.find(type, name)).toBeDefined();
  });

  it('an owner of somebody else on its data set stays', async () => {
    const place = await suite.place();
    await bringUp(place, { deletionPolicy: 'Delete' });
    const keeper = await place.make(SERVICE, {
      ...{ metadata: { name: 'keeper' }, spec: { ports: [{ port: 443 }] } },
    });
    const owner = { apiVersion: 'v1', kind: 'Service', name: 'keeper', uid: keeper.metadata.uid };
    for (const { type, name } of PARTS) {
      const { ownerReferences } = (await place.get(type, name)).metadata;
      const metadata = { ownerReferences: [...ownerReferences, owner] };
      await place.change(type, name, { metadata });
    }
    await place.change(DUMBKV, 'orders', { spec: { deletionPolicy: 'Retain' } });
    await settle(place);
    for (const { type, name } of PARTS) {
      expect((await place.get(type, name)).metadata.ownerReferences, type.kind).toEqual([owner]);
    }
  });
});

describe.concurrent('a new DumbKV of the same name', () => {
  it('adopts the data: same claim, same key, same store', async () => {
    const place = await suite.place();
    await bringUp(place);
    const before = await place.get(CLAIM, 'orders-data');
    const key = await sealingKey(place);
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    const { metadata } = await bringUp(place);
    const after = await place.get(CLAIM, 'orders-data');
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(await sealingKey(place)).toBe(key);
    expect(after.metadata.annotations).toMatchObject({
      [FINGERPRINT]: before.metadata.annotations[FINGERPRINT],
      'dumbkv.dev/owner-uid': metadata.uid,
    });
    const secret = await place.get(SECRET, 'orders-sealing');
    expect(secret.metadata.annotations['dumbkv.dev/owner-uid']).toBe(metadata.uid);
    const { env } = (await place.get(DEPLOYMENT, 'orders')).spec.template.spec.containers[0];
    const value = before.metadata.labels[STORE_ID];
    expect(env).toContainEqual({ name: 'STORE_ID', value });
  });

  it.each(PARTS)('is refused what is labelled Never: $name', async ({ type, name }) => {
    const place = await suite.place();
    await bringUp(place);
    const labels = { 'dumbkv.dev/adopt': 'Never' };
    await place.change(type, name, { metadata: { labels } });
    await settle(place);
    expect((await place.conditions('orders')).Ready?.reason).toBe('Available');
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    const kept = await Promise.all(PARTS.map((part) => place.get(part.type, part.name)));
    await place.dumbkv('orders');
    const refused = await place.untilReason('orders', 'AdoptionRefused', 'Stalled');
    expect(refused.message).toContain(`"${name}"`);
    expect(refused.message).toContain('Remove the label to use this data');
    await settle(place);
    expect(await Promise.all(PARTS.map((part) => place.get(part.type, part.name)))).toEqual(kept);
    await place.change(type, name, { metadata: { labels: { 'dumbkv.dev/adopt': null } } });
    await serve(place);
  });

  it('is refused data whose key is another', async () => {
    const place = await suite.place();
    await bringUp(place);
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    const secret = await place.get(SECRET, 'orders-sealing');
    await place.change(SECRET, 'orders-sealing', {
      stringData: { 'sealing-key': sealingKeyFileText(randomBytes(32)) },
    });
    await place.dumbkv('orders');
    await place.untilReason('orders', 'SealingKeyMismatch', 'Stalled');
    await place.change(SECRET, 'orders-sealing', { data: secret.data });
    await serve(place);
  });

  it('adopts a claim that may not grow with the size that it has, and tells both', async () => {
    const place = await suite.place();
    const className = `rigid-${place.namespace}`;
    await place.storageClass(className, false);
    await bringUp(place, { storage: { size: '1Gi', className } });
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    await place.dumbkv('orders', { storage: { size: '2Gi', className } });
    const refused = await place.untilReason('orders', 'ExpansionRefused', 'StorageReady');
    expect(refused.message).toContain('cannot grow to 2Gi');
    await serve(place);
    const claim = await place.get(CLAIM, 'orders-data');
    expect(claim.spec.resources.requests.storage).toBe('1Gi');
    const told = ['Adopted', 'ExpansionRefused'];
    await until('both are told', async () => {
      const reasons = await eventReasons(place);
      return told.every((reason) => reasons.includes(reason));
    });
  });

  it('waits for a claim that is being deleted, then starts with a new one', async () => {
    const place = await suite.place();
    await bringUp(place);
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    const key = await sealingKey(place);
    await place.remove(CLAIM, 'orders-data');
    await place.dumbkv('orders');
    expect((await place.untilReason('orders', 'Terminating')).message).toContain('"orders-data"');
    await place.change(CLAIM, 'orders-data', { metadata: { finalizers: null } });
    await serve(place);
    expect(await sealingKey(place)).toBe(key);
  });

  it('starts with a new key where the old one went first, and misses none', async () => {
    const place = await suite.place();
    await bringUp(place, { deletionPolicy: 'Delete' });
    const key = await sealingKey(place);
    await place.remove(DUMBKV, 'orders');
    await place.remove(SECRET, 'orders-sealing');
    await place.dumbkv('orders', { deletionPolicy: 'Delete' });
    await place.untilReason('orders', 'Terminating');
    await serve(place);
    expect(await sealingKey(place)).not.toBe(key);
    expect(await eventReasons(place)).not.toContain('SealingKeyMissing');
  });
});

/** The reasons of all events of a namespace. */
async function eventReasons(place: Place): Promise<string[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${place.namespace}/events`;
  const { body } = await place.call('GET', path);
  const reasons = body.items.map(({ reason }: ApiObject) => reason);
  expect(reasons).toContain('Available');
  return reasons;
}

describe.concurrent('on a network file system', () => {
  it.each(['sqlite', 'postgres'])(
    'the claim is as the DumbKV of engine %s asks',
    async (engine) => {
      const place = await suite.place();
      const className = `efs-${place.namespace}`;
      await place.storageClass(className, false);
      const storage = { size: '5Gi', className, accessMode: 'ReadWriteMany' };
      await makeChildren(place, { engine, storage });
      const { spec } = await place.get(CLAIM, 'orders-data');
      expect(spec).toMatchObject({ accessModes: ['ReadWriteMany'], storageClassName: className });
      expect(spec.resources).toEqual({ requests: { storage: '5Gi' } });
      if (engine === 'postgres') return;
      // many could mount it, and one pod does
      const { strategy, replicas } = (await place.get(DEPLOYMENT, 'orders')).spec;
      expect([strategy.type, replicas]).toEqual(['Recreate', 1]);
      await serve(place);
      expect((await place.conditions('orders')).StorageReady?.status).toBe('True');
    },
  );
});
