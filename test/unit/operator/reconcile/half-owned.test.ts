// Under `Delete` a key never goes while its data stays: whatever takes the owner off the claim, or
// keeps it from getting one, and in whatever order, the sealing Secret is left without one too.
import { describe, expect, it } from 'vitest';
import { CLAIM, DUMBKV, SECRET } from '../../../../operator/api/resources.ts';
import { isConflict } from '../../../../operator/kube/api-errors.ts';
import type { ApplyOptions } from '../../../../operator/kube/client.ts';
import type { KubeObject, ResourceType } from '../../../../operator/kube/resource.ts';
import { altered } from '../../../support/alteration.ts';
import {
  boundClaim,
  databaseSecretOfUser,
  dumbkv,
  sealingSecretAsRead,
} from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { World } from './world.ts';

const DELETING = { spec: { deletionPolicy: 'Delete' } };
const DISOWNED = { metadata: { ownerReferences: null } };
const BACKUP = { apiVersion: 'v1', kind: 'Backup', name: 'b', uid: 'b' };
const claimRefusal = refusal('PATCH', '/persistentvolumeclaims/orders-data', 403, 'Forbidden');

const ownersOf = (world: World, type: ResourceType, name: string) =>
  (world.client.peek(type, 'shop', name)?.metadata.ownerReferences ?? []).map(({ uid }) => uid);
const owners = (world: World) => ({
  claim: ownersOf(world, CLAIM, 'orders-data'),
  secret: ownersOf(world, SECRET, 'orders-sealing'),
});
const NEITHER = { claim: [], secret: [] };
const OURS = dumbkv().metadata.uid;
const BOTH = { claim: [OURS], secret: [OURS] };

/** An admission that takes the owner off every claim that is applied. */
function disownClaims({ client }: World): void {
  const apply = client.apply.bind(client);
  client.apply = (type: ResourceType, object: KubeObject, options?: ApplyOptions) =>
    apply(type, type === CLAIM ? altered(object, DISOWNED) : object, options);
}

/** Somebody takes the owner off the claim, and the operator looks. */
async function disownedOnce(world: World, times = 1): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) {
    world.client.amend(CLAIM, 'shop', 'orders-data', DISOWNED);
    await world.run();
  }
}

const owned = () => new World(dumbkv(DELETING)).settle();

describe('a claim without owner', () => {
  it.each<[string, () => Promise<World>]>([
    [
      'because an admission takes it off when the policy becomes Delete',
      async () => {
        const world = await new World().settle();
        disownClaims(world);
        world.change(DELETING);
        return world;
      },
    ],
    [
      'because an admission takes it off as the claim is made',
      async () => {
        const world = new World(dumbkv(DELETING));
        disownClaims(world);
        return world;
      },
    ],
    [
      'because somebody took it off, and an admission does so since',
      async () => {
        const world = await owned();
        disownClaims(world);
        world.client.amend(CLAIM, 'shop', 'orders-data', DISOWNED);
        return world;
      },
    ],
    [
      'because another write of an owned claim loses it on the way',
      async () => {
        const world = await owned();
        const apply = world.client.apply.bind(world.client);
        world.client.apply = async (type, object, options) => {
          const written = await apply(type, object, options);
          if (type !== CLAIM) return written;
          world.client.amend(CLAIM, 'shop', 'orders-data', DISOWNED);
          return world.client.peek(CLAIM, 'shop', 'orders-data') ?? written;
        };
        world.change({ spec: { storage: { size: '2Gi' } } });
        return world;
      },
    ],
    [
      'because somebody takes it off again and again, and the claim has to wait',
      async () => {
        const world = await owned();
        await disownedOnce(world, 8);
        return world;
      },
    ],
    [
      'because somebody took it off, and the API server refuses the claim',
      async () => {
        const world = await owned();
        world.client.refuse('apply', 'PersistentVolumeClaim', claimRefusal);
        world.client.amend(CLAIM, 'shop', 'orders-data', DISOWNED);
        return world;
      },
    ],
    [
      'because somebody took it off, and the claim is not to be touched now',
      async () => {
        const world = await owned();
        const resources = { annotations: { 'dumbkv.dev/sealing-key-fingerprint': 'another' } };
        world.client.amend(CLAIM, 'shop', 'orders-data', {
          metadata: { ...resources, ownerReferences: null },
        });
        return world;
      },
    ],
    [
      'because it was adopted, and the API server refuses the claim',
      async () => {
        const earlier = { metadata: { annotations: { 'dumbkv.dev/owner-uid': 'earlier' } } };
        const world = new World(dumbkv(DELETING));
        world.client.put(CLAIM, boundClaim(earlier));
        world.client.put(SECRET, sealingSecretAsRead(earlier));
        world.client.refuse('apply', 'PersistentVolumeClaim', claimRefusal);
        return world;
      },
    ],
  ])('%s has a Secret without one', async (_case, make) => {
    const world = await make();
    for (let look = 0; look < 3; look += 1) {
      await world.run();
      expect(owners(world)).toEqual(NEITHER);
    }
    expect(world.dumbkv.status?.deletionPolicy).toBe('Retain');
  });

  it('has the Secret let go of before the claim is looked at', async () => {
    const world = await owned();
    await disownedOnce(world);
    expect(world.client.writeTitles).toEqual([
      'mergePatch Secret orders-sealing',
      'mergePatch DumbKV orders/status',
      'apply PersistentVolumeClaim orders-data',
      'mergePatch Secret orders-sealing',
    ]);
    expect(owners(world)).toEqual(BOTH);
  });

  it('gets one when it is time to, and then so does the Secret', async () => {
    const world = await owned();
    await disownedOnce(world, 8);
    await world.clock.advance(300_000);
    await world.run();
    expect(owners(world)).toEqual(BOTH);
    expect(world.dumbkv.status?.deletionPolicy).toBe('Delete');
  });
});

describe('a claim that another owner keeps', () => {
  it('stays when the DumbKV goes, so its Secret does', async () => {
    const world = await new World().settle();
    const metadata = { ownerReferences: [BACKUP] };
    world.client.amend(CLAIM, 'shop', 'orders-data', { metadata });
    world.change(DELETING);
    await world.run();
    expect(owners(world)).toEqual({ claim: expect.arrayContaining(['b', OURS]), secret: [] });
    expect(world.dumbkv.status?.deletionPolicy).toBe('Retain');
  });
});

describe('a claim that goes with an earlier DumbKV', () => {
  it('says nothing of what becomes of the data of the one that waits for it', async () => {
    const owner = { ...{ kind: 'DumbKV', name: 'orders' }, uid: 'earlier', controller: true };
    const world = new World(dumbkv(DELETING));
    world.client.put(CLAIM, boundClaim({ metadata: { ownerReferences: [owner] } }));
    await world.run();
    expect(world.condition('Ready')).toBe('False Terminating');
    expect(world.dumbkv.status?.deletionPolicy).toBe('Delete');
  });
});

describe('an owner that is taken off', () => {
  it.each<[string, ResourceType, string]>([
    ['the claim', CLAIM, 'orders-data'],
    ['the Secret', SECRET, 'orders-sealing'],
  ])('%s is taken off the very object that was looked at', async (_case, type, name) => {
    const world = await owned();
    const { uid, resourceVersion } = world.client.peek(type, 'shop', name)?.metadata ?? {};
    world.change({ spec: { deletionPolicy: 'Retain' } });
    await world.run();
    const sent = world.client.writes.find((action) => action.name === name)?.sent;
    // that may have been the last mark, so another one is set in the same write
    const annotations = { 'dumbkv.dev/owner-uid': world.dumbkv.metadata.uid };
    expect(sent).toEqual({ metadata: { uid, resourceVersion, ownerReferences: [], annotations } });
  });
});

/** A cache that still shows objects as they were, whatever the API server holds by now. */
function rememberedAs(world: World, type: ResourceType, name: string): void {
  const then = world.client.peek(type, 'shop', name);
  const peek = world.client.peek.bind(world.client);
  // the cache of the world looks with peek, the operator's own calls do not
  world.client.peek = (asked, namespace, wanted) =>
    asked === type && wanted === name ? structuredClone(then) : peek(asked, namespace, wanted);
  world.client.get = async (asked, namespace, wanted) => peek(asked, namespace, wanted);
}

describe('where the caches are behind, as those of a new leader may be', () => {
  it('no Secret is given an owner for a claim that has been let go of', async () => {
    const world = await owned();
    rememberedAs(world, CLAIM, 'orders-data');
    world.client.amend(CLAIM, 'shop', 'orders-data', DISOWNED);
    world.client.amend(SECRET, 'shop', 'orders-sealing', DISOWNED);
    await world.run();
    expect(ownersOf(world, SECRET, 'orders-sealing')).toEqual([]);
  });

  it.each([
    ['its claim', 'sqlite'],
    ['its Secret, where there is no claim', 'postgres'],
  ])('no owner is given for a policy that is another by now: %s', async (_part, engine) => {
    const external = { urlSecretRef: { name: 'my-database', key: 'url' } };
    const postgres = { postgres: { type: 'External', external } };
    const asked = { engine, deletionPolicy: 'Retain', ...(engine === 'sqlite' ? {} : postgres) };
    const world = new World(dumbkv({ spec: asked }));
    if (engine !== 'sqlite') world.client.put(SECRET, databaseSecretOfUser());
    await world.settle();
    world.change(DELETING);
    rememberedAs(world, DUMBKV, 'orders');
    world.client.amend(DUMBKV, 'shop', 'orders', { spec: { deletionPolicy: 'Retain' } });
    await expect(world.run()).rejects.toSatisfy(isConflict);
    expect(ownersOf(world, SECRET, 'orders-sealing')).toEqual([]);
    if (engine === 'sqlite') expect(ownersOf(world, CLAIM, 'orders-data')).toEqual([]);
  });
});
