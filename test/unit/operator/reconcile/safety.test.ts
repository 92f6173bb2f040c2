// What must happen whatever else is wrong: data is let go of under Retain, never half-owned under
// Delete, no key is made beside a claim that may hold data, and one bad child stops no other.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  SECRET,
  SERVICE,
  STATEFUL_SET,
} from '../../../../operator/api/resources.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import {
  boundClaim,
  databaseSecretOfUser,
  dumbkv,
  sealingSecretAsRead,
} from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { World } from './world.ts';

const owners = (object: KubeObject | undefined) => object?.metadata.ownerReferences ?? [];
const dataOf = ({ client }: World) => ({
  claim: client.peek(CLAIM, 'shop', 'orders-data'),
  secret: client.peek(SECRET, 'shop', 'orders-sealing'),
});
const replicasOf = ({ client }: World) =>
  (client.peek(DEPLOYMENT, 'shop', 'orders')?.spec as { replicas?: number } | undefined)?.replicas;
const claimRefusal = refusal('PATCH', '/persistentvolumeclaims/orders-data', 403, 'Forbidden');

/** An instance whose own tokens are gone: nothing new can be made for it. */
async function withoutTokens(spec: object): Promise<World> {
  const world = await new World(dumbkv({ spec })).settle();
  world.change({ spec: { auth: { tokenSecretRef: { name: 'gone' } } } });
  await world.run();
  expect(world.condition('Stalled')).toBe('True TokenSecretMissing');
  return world;
}

describe('from Delete to Retain', () => {
  it('the data is let go of though something else is wrong', async () => {
    const world = await withoutTokens({ deletionPolicy: 'Delete' });
    world.change({ spec: { deletionPolicy: 'Retain' } });
    await world.run();
    const { claim, secret } = dataOf(world);
    expect([owners(claim), owners(secret)]).toEqual([[], []]);
    expect(world.dumbkv.status?.deletionPolicy).toBe('Retain');
  });

  it('the data is let go of though the claim is refused', async () => {
    const world = await new World(dumbkv({ spec: { deletionPolicy: 'Delete' } })).settle();
    world.client.refuse('apply', 'PersistentVolumeClaim', claimRefusal);
    world.change({ spec: { deletionPolicy: 'Retain', storage: { size: '5Gi' } } });
    await world.run();
    const { claim, secret } = dataOf(world);
    expect([owners(claim), owners(secret)]).toEqual([[], []]);
  });
});

describe('a claim that lost all its marks', () => {
  it('may hold data, so no key is made beside it', async () => {
    const world = new World();
    world.client.put(CLAIM, { metadata: { name: 'orders-data', namespace: 'shop' } });
    await world.run();
    expect(dataOf(world).secret).toBeUndefined();
    expect(world.condition('Stalled')).toBe('True NameConflict');
    expect(world.dumbkv.status?.conditions?.[0]?.message).toContain('It may hold data');
  });
});

describe('the size of a claim', () => {
  const requested = (world: World) =>
    (dataOf(world).claim?.spec as { resources?: unknown } | undefined)?.resources;

  it('that somebody made larger is kept, and is no reason to write', async () => {
    const world = await new World().settle();
    const resources = { requests: { storage: '8Gi' } };
    world.client.amend(CLAIM, 'shop', 'orders-data', { spec: { resources } });
    await world.run();
    expect(requested(world)).toEqual(resources);
    expect(world.condition('Ready')).toBe('True Available');
  });

  it('is not changed before the claim has its volume', async () => {
    const world = new World(dumbkv({ spec: { suspended: true } }));
    await world.run();
    world.change({ spec: { suspended: false, storage: { size: '2Gi' } } });
    await world.run();
    expect(requested(world)).toEqual({ requests: { storage: '1Gi' } });
    expect(replicasOf(world)).toBe(1);
  });

  it('that is refused holds up no other child', async () => {
    const world = await new World().settle();
    world.client.refuse('apply', 'PersistentVolumeClaim', claimRefusal);
    world.client.drop(DEPLOYMENT, 'shop', 'orders');
    world.change({ spec: { storage: { size: '2Gi' } } });
    await world.run();
    expect(replicasOf(world)).toBe(1);
    expect(world.condition('StorageReady')).toBe('False ExpansionRefused');
    expect(world.condition('Stalled')).toBeUndefined();
  });
});

describe('whatever is wrong', () => {
  it('who asks for no pods gets none', async () => {
    const world = await withoutTokens({});
    world.change({ spec: { suspended: true } });
    await world.run();
    expect(replicasOf(world)).toBe(0);
  });

  it('a child that was deleted comes back', async () => {
    const world = await withoutTokens({});
    world.client.drop(SERVICE, 'shop', 'orders');
    await world.run();
    expect(world.client.peek(SERVICE, 'shop', 'orders')).toBeDefined();
  });

  it('an Ingress that is refused keeps no pods away', async () => {
    const world = new World(dumbkv({ spec: { ingress: { host: 'orders.example.com' } } }));
    const error = refusal('PATCH', '/ingresses/orders', 422, 'Invalid');
    world.client.refuse('apply', 'Ingress', error);
    await world.run();
    expect(replicasOf(world)).toBe(1);
  });

  it('a failure of the API server is told, and tried again', async () => {
    const world = new World(dumbkv({ spec: { ingress: { host: 'orders.example.com' } } }));
    const error = refusal('PATCH', '/ingresses/orders', 503, 'ServiceUnavailable');
    world.client.refuse('apply', 'Ingress', error);
    await expect(world.run()).rejects.toBe(error);
    expect(replicasOf(world)).toBe(1);
    expect(world.condition('Reconciling')).toBe('True ChildFailing');
  });
});

describe('data that may not be used', () => {
  it('is not given to a Postgres either', async () => {
    const world = new World(dumbkv({ spec: { engine: 'postgres' } }));
    const annotations = { 'dumbkv.dev/owner-uid': 'an earlier one' };
    world.client.put(CLAIM, boundClaim({ metadata: { annotations } }));
    world.client.put(SECRET, sealingSecretAsRead({ metadata: { annotations } }));
    await world.run();
    expect(world.condition('Stalled')).toBe('True AdoptionRefused');
    expect(world.client.peek(STATEFUL_SET, 'shop', 'orders-postgres')).toBeUndefined();
  });
});

describe('a Secret with the URL of a database of others', () => {
  it('is not given to a server, though it has the name of our own', async () => {
    const world = new World(dumbkv({ spec: { engine: 'postgres' } }));
    const metadata = { name: 'orders-postgres', labels: null };
    world.client.put(SECRET, databaseSecretOfUser({ metadata }));
    await world.run();
    expect(world.condition('Stalled')).toBe('True NameConflict');
    expect(world.client.peek(DEPLOYMENT, 'shop', 'orders')).toBeUndefined();
  });
});
