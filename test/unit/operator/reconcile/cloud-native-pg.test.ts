// An instance whose Postgres CloudNativePG runs, reconciled: the Cluster first, the servers once
// they can find it, and at rest the other way round; it holds the data, and outlives its DumbKV.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  POD,
  POSTGRES_CLUSTER,
  SECRET,
  STATEFUL_SET,
} from '../../../../operator/api/resources.ts';
import { dumbkv } from '../../../support/objects.ts';
import {
  CLUSTER_URL,
  clusterSecret,
  clusterStatus,
  onCloudNativePg,
} from '../../../support/postgres-cluster.ts';
import { World } from './world.ts';

interface Spec {
  storage: { size: string };
}
const PLACE = ['shop', 'orders-postgres'] as const;
const worldOf = (rest: object = {}) =>
  new World(dumbkv({ spec: { ...onCloudNativePg(), ...rest } }));
const clusterIn = ({ client }: World) => client.peek(POSTGRES_CLUSTER, ...PLACE);
const hibernation = (world: World) =>
  clusterIn(world)?.metadata.annotations?.['cnpg.io/hibernation'];
const deploymentIn = ({ client }: World) => client.peek(DEPLOYMENT, 'shop', 'orders');
const messageOf = ({ dumbkv: { status } }: World, wanted: string) =>
  status?.conditions?.find(({ type }) => type === wanted)?.message;

/** One that serves. */
async function serving(rest: object = {}): Promise<World> {
  const world = worldOf(rest);
  world.client.put(SECRET, clusterSecret());
  return world.settle();
}

describe('an instance on CloudNativePG', () => {
  it('has its Cluster made, and servers once that can be found and takes writes', async () => {
    const world = worldOf();
    const { recheck } = await world.run();
    expect(clusterIn(world)).toBeDefined();
    expect(deploymentIn(world)).toBeUndefined();
    expect(recheck?.reason).toBe('DatabaseNotReady');
    expect(messageOf(world, 'Ready')).toContain('Secret "orders-postgres-app"');
    world.client.put(SECRET, clusterSecret());
    await world.run();
    expect(deploymentIn(world)).toBeUndefined();
    expect(messageOf(world, 'Ready')).toContain('CloudNativePG has not looked at Cluster');
    const status = clusterStatus(1, { phase: 'Creating a new replica' });
    world.client.amend(POSTGRES_CLUSTER, ...PLACE, { status });
    await world.run();
    expect(deploymentIn(world)).toBeUndefined();
    expect(world.condition('DatabaseReady')).toBe('False DatabaseNotReady');
    world.startCluster();
    await world.run();
    expect(deploymentIn(world)).toBeDefined();
    world.becomeReady();
    await world.run();
    expect(world.condition('Ready')).toBe('True Available');
    expect(world.condition('DatabaseReady')).toBe('True DatabaseAnswers');
    expect(world.condition('StorageReady')).toBeUndefined();
    expect(world.publicText).not.toContain(new URL(CLUSTER_URL).password);
  });

  it('has nothing of a Postgres that the operator would run', async () => {
    const { client } = await serving();
    expect(client.peek(CLAIM, 'shop', 'orders-data')).toBeUndefined();
    for (const type of [STATEFUL_SET, CONFIG_MAP, SECRET]) {
      expect(client.peek(type, ...PLACE), type.kind).toBeUndefined();
    }
  });

  it('follows no Secret of that name that was not made for its Cluster', async () => {
    const world = worldOf();
    const owner = { name: 'another' };
    for (const ownerReferences of [null, [{ kind: 'Cluster', controller: true, ...owner }]]) {
      world.client.put(SECRET, clusterSecret({ metadata: { ownerReferences } }));
      await world.run();
      expect(world.condition('Stalled')).toBe('True DatabaseSecretInvalid');
      expect(deploymentIn(world)).toBeUndefined();
    }
  });

  it("is not made where an image is not allowed, or the Cluster is somebody else's", async () => {
    const image = 'evil.example.com/postgres:17';
    const postgres = { type: 'CloudNativePG', cloudNativePG: { instances: 3, image } };
    const refused = worldOf({ postgres });
    await refused.run();
    expect(refused.condition('Stalled')).toBe('True ImageNotAllowed');
    expect(clusterIn(refused)).toBeUndefined();
    const taken = worldOf();
    const theirs = { metadata: { name: 'orders-postgres', namespace: 'shop' }, spec: {} };
    taken.client.put(POSTGRES_CLUSTER, theirs);
    await taken.run();
    expect(taken.condition('Stalled')).toBe('True NameConflict');
    expect(messageOf(taken, 'Stalled')).toContain('Cluster "orders-postgres" exists');
    expect(messageOf(taken, 'Stalled')).toContain('It may hold data');
    expect(messageOf(taken, 'Stalled')).toContain('clusters.postgresql.cnpg.io orders-postgres');
    expect(clusterIn(taken)?.spec).toEqual({});
    expect(taken.client.peek(SECRET, 'shop', 'orders-sealing')).toBeUndefined();
  });

  it('waits for the kind, makes no key before, and breaks nothing when it goes', async () => {
    const world = worldOf();
    world.unserved.push(POSTGRES_CLUSTER);
    await world.run();
    expect(world.condition('Stalled')).toBe('True DatabaseKindMissing');
    expect(world.condition('DatabaseReady')).toBe('False DatabaseKindMissing');
    expect(world.client.peek(SECRET, 'shop', 'orders-sealing')).toBeUndefined();
    world.unserved.length = 0;
    world.client.put(SECRET, clusterSecret());
    await world.settle();
    expect(world.condition('Ready')).toBe('True Available');
    const before = deploymentIn(world);
    world.unserved.push(POSTGRES_CLUSTER);
    await world.run();
    expect(world.condition('DatabaseReady')).toBe('False DatabaseKindMissing');
    expect(deploymentIn(world)).toEqual(before);
  });
});

describe('the rest of an instance on CloudNativePG', () => {
  it('begins with the servers, then Postgres, and ends the other way round', async () => {
    const world = await serving();
    world.change({ spec: { suspended: true } });
    await world.run();
    expect(deploymentIn(world)?.spec).toMatchObject({ replicas: 0 });
    expect(hibernation(world)).toBe('off');
    const observedGeneration = deploymentIn(world)?.metadata.generation;
    const status = { observedGeneration, replicas: 0, readyReplicas: 0 };
    world.client.amend(DEPLOYMENT, 'shop', 'orders', { status });
    await world.run();
    expect(hibernation(world)).toBe('off');
    for (const { metadata } of world.client.peekAll(POD)) {
      world.client.drop(POD, 'shop', metadata.name);
    }
    await world.run();
    expect(hibernation(world)).toBe('on');
    world.startCluster();
    await world.run();
    expect(world.condition('Ready')).toBe('False Suspended');
    world.change({ spec: { suspended: false } });
    await world.run();
    expect(hibernation(world)).toBe('off');
    expect(deploymentIn(world)?.spec).toMatchObject({ replicas: 0 });
    world.startCluster();
    await world.run();
    expect(deploymentIn(world)?.spec).toMatchObject({ replicas: 1 });
    world.becomeReady();
    await world.run();
    expect(world.condition('Ready')).toBe('True Available');
  });
});

describe('the data of an instance on CloudNativePG', () => {
  it('stays with its Cluster and is adopted, key and all', async () => {
    const world = await serving();
    const [cluster, key] = [clusterIn(world), world.client.peek(SECRET, 'shop', 'orders-sealing')];
    for (const part of [cluster, key]) expect(part?.metadata.ownerReferences).toBeUndefined();
    const metadata = { uid: 'uid-of-the-next' };
    const next = new World(dumbkv({ metadata, spec: onCloudNativePg() }));
    for (const object of [cluster, key, clusterSecret()]) {
      const type = object?.kind === 'Cluster' ? POSTGRES_CLUSTER : SECRET;
      if (object) next.client.put(type, object);
    }
    await next.settle();
    expect(next.condition('Ready')).toBe('True Available');
    expect(next.events.map(({ reason }) => reason)).toContain('Adopted');
    expect(clusterIn(next)?.metadata.uid).toBe(cluster?.metadata.uid);
    expect(next.client.peek(SECRET, 'shop', 'orders-sealing')?.data).toEqual(key?.data);
  });

  it('is owned under Delete, both parts, and released under Retain', async () => {
    const world = await serving({ deletionPolicy: 'Delete' });
    const owners = () =>
      [clusterIn(world), world.client.peek(SECRET, 'shop', 'orders-sealing')].map(
        (part) => part?.metadata.ownerReferences?.length ?? 0,
      );
    expect(owners()).toEqual([1, 1]);
    expect(world.dumbkv.status?.deletionPolicy).toBe('Delete');
    world.change({ spec: { deletionPolicy: 'Retain' } });
    await world.run();
    expect(owners()).toEqual([0, 0]);
    await world.run();
    expect(world.dumbkv.status?.deletionPolicy).toBe('Retain');
  });

  it('is not said to be retained while its Cluster, which is owned, cannot be read', async () => {
    const world = await serving({ deletionPolicy: 'Delete' });
    world.unserved.push(POSTGRES_CLUSTER);
    world.change({ spec: { deletionPolicy: 'Retain' } });
    await world.run();
    expect(clusterIn(world)?.metadata.ownerReferences).toHaveLength(1);
    expect(world.condition('Stalled')).toBe('True DatabaseKindMissing');
    expect(world.dumbkv.status?.deletionPolicy).toBe('Delete');
    world.unserved.length = 0;
    await world.run();
    expect(clusterIn(world)?.metadata.ownerReferences).toBeUndefined();
    expect(world.dumbkv.status?.deletionPolicy).toBe('Retain');
  });

  it('is refused to another engine, and without its key', async () => {
    const world = await serving();
    const key = world.client.peek(SECRET, 'shop', 'orders-sealing');
    const other = new World(dumbkv({ metadata: { uid: 'another' } }));
    if (key) other.client.put(SECRET, key);
    await other.run();
    expect(other.condition('Stalled')).toBe('True AdoptionRefused');
    expect(messageOf(other, 'Stalled')).toContain('"postgres-cloudnativepg", not "sqlite"');
    world.client.drop(SECRET, 'shop', 'orders-sealing');
    await world.run();
    expect(world.condition('Stalled')).toBe('True SealingKeyMissing');
    expect(messageOf(world, 'Stalled')).toContain('delete the Cluster.');
  });

  it('grows with spec.storage, and never shrinks', async () => {
    const world = await serving();
    const sizeOf = () => (clusterIn(world) as { spec?: Spec } | undefined)?.spec?.storage.size;
    world.change({ spec: { storage: { size: '3Gi' } } });
    await world.run();
    expect(sizeOf()).toBe('3Gi');
    world.change({ spec: { storage: { size: '2Gi' } } });
    await world.run();
    expect(sizeOf()).toBe('3Gi');
  });
});
