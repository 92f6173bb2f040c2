// The edges of a DumbKV's life: not there, going, gone in the middle, come back to its data; and
// how soon it is looked at again.
import { describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT, DUMBKV, POD, SECRET } from '../../../../operator/api/resources.ts';
import type { ProbeAnswer } from '../../../../operator/status/reach.ts';
import {
  boundClaim,
  dumbkv,
  podWithContainer,
  STORE,
  sealingSecretAsRead,
  userTokenSecret,
} from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { World } from './world.ts';

const FINE: ProbeAnswer = { outcome: 'healthy', detail: '200' };
const earlier = { metadata: { annotations: { 'dumbkv.dev/owner-uid': 'an earlier one' } } };
const ownedByEarlier = {
  metadata: {
    ownerReferences: [{ kind: 'DumbKV', name: 'orders', uid: 'earlier', controller: true }],
  },
};

describe('a DumbKV that is not there', () => {
  it('costs nothing', async () => {
    const world = new World();
    world.client.drop(DUMBKV, 'shop', 'orders');
    expect(await world.run()).toEqual({});
    expect(world.client.actions).toEqual([]);
  });

  it('because it is being deleted, has nothing made for it', async () => {
    const world = new World(dumbkv({ metadata: { deletionTimestamp: '2030-01-01T00:00:00Z' } }));
    expect(await world.run()).toEqual({});
    expect(world.client.actions).toEqual([]);
  });

  it('because it went in the middle, is no error', async () => {
    const world = new World();
    world.client.refuse(
      'mergePatch',
      'DumbKV',
      refusal('PATCH', '/dumbkvs/orders', 404, 'NotFound'),
    );
    const run = world.run();
    world.client.drop(DUMBKV, 'shop', 'orders');
    expect(await run).toEqual({});
  });

  it('because its namespace goes, is no error and no problem', async () => {
    const world = new World();
    const details = { causes: [{ reason: 'NamespaceTerminating' }] };
    const error = refusal('POST', '/secrets', 403, 'Forbidden', { details });
    world.client.refuse('create', 'Secret', error);
    expect(await world.run()).toEqual({});
    expect(world.dumbkv.status).toBeUndefined();
  });
});

describe('what is no word on the instance', () => {
  it.each([
    ['somebody wrote first', refusal('PATCH', '/services/orders', 409, 'Conflict')],
    ['it is too busy', refusal('PATCH', '/services/orders', 429, 'TooManyRequests')],
    ['a child vanished in the middle', refusal('PATCH', '/services/orders', 404, 'NotFound')],
  ])('is thrown, to be tried again: %s', async (_case, error) => {
    const world = new World();
    world.client.refuse('apply', 'Service', error);
    await expect(world.run()).rejects.toBe(error);
    expect(world.dumbkv.status).toBeUndefined();
  });

  it('includes a Secret that vanished right after it was made', async () => {
    const world = new World();
    const create = world.client.create.bind(world.client);
    world.client.create = async (type, object) => {
      const made = await create(type, object);
      world.client.drop(SECRET, 'shop', object.metadata.name);
      return made;
    };
    await expect(world.run()).rejects.toThrow('The sealing Secret vanished');
  });
});

describe('data that an earlier DumbKV left', () => {
  const withData = async (alteration: object = earlier): Promise<World> => {
    const world = new World();
    world.client.put(CLAIM, boundClaim(alteration));
    world.client.put(SECRET, sealingSecretAsRead(alteration));
    await world.run();
    return world;
  };

  it('is found again: the same key, the same store', async () => {
    const world = await withData();
    expect(world.client.peek(SECRET, 'shop', 'orders-sealing')?.data).toEqual(
      sealingSecretAsRead().data,
    );
    const pod = world.client.peek(DEPLOYMENT, 'shop', 'orders')?.spec as { template: object };
    expect(pod.template).toMatchObject({
      metadata: { labels: { 'dumbkv.dev/store-id': STORE.storeId } },
    });
  });

  it('is ours from then on, the claim before the Secret', async () => {
    const world = await withData();
    expect(world.client.writeTitles.slice(0, 3)).toEqual([
      'create Secret orders-token',
      'apply PersistentVolumeClaim orders-data',
      'mergePatch Secret orders-sealing',
    ]);
    for (const [type, name] of [
      [CLAIM, 'orders-data'],
      [SECRET, 'orders-sealing'],
    ] as const) {
      const annotations = world.client.peek(type, 'shop', name)?.metadata.annotations;
      expect(annotations).toMatchObject({ 'dumbkv.dev/owner-uid': dumbkv().metadata.uid });
    }
  });

  it('is told once', async () => {
    const world = await withData();
    await world.settle();
    const told = world.events.filter(({ reason }) => reason === 'Adopted');
    expect(told.map(({ note }) => note)).toEqual([expect.stringContaining(STORE.storeId)]);
  });

  it('that goes with the earlier one is waited for, and then made anew', async () => {
    const world = await withData(ownedByEarlier);
    expect(world.condition('Reconciling')).toBe('True Terminating');
    world.client.drop(SECRET, 'shop', 'orders-sealing');
    await world.run();
    expect(world.condition('Ready')).toBe('False Terminating');
    world.client.drop(CLAIM, 'shop', 'orders-data');
    await world.settle();
    expect(world.condition('Ready')).toBe('True Available');
    expect(world.client.peek(SECRET, 'shop', 'orders-sealing')?.data).not.toEqual(
      sealingSecretAsRead().data,
    );
  });

  it('whose claim lost its labels gets no second key', async () => {
    const world = new World();
    world.client.put(CLAIM, boundClaim({ metadata: { labels: null } }));
    await world.run();
    expect(world.condition('Stalled')).toBe('True SealingKeyMissing');
    expect(world.client.peek(SECRET, 'shop', 'orders-sealing')).toBeUndefined();
  });

  it("is not somebody else's claim of the same name, which is left alone", async () => {
    const world = new World();
    world.client.put(CLAIM, { metadata: { name: 'orders-data', namespace: 'shop' }, spec: {} });
    await world.run();
    expect(world.condition('Stalled')).toBe('True NameConflict');
    expect(world.client.peek(CLAIM, 'shop', 'orders-data')?.spec).toEqual({});
  });
});

describe('the next look', () => {
  const next = async (world: World) => (await world.run()).recheck?.reason;

  it('comes only with a change while pods are being made', async () => {
    expect(await next(new World())).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['somebody must act', { image: 'evil.example.com/x' }, 'ImageNotAllowed'],
    ['a storage class may come', { storage: { className: 'none' } }, 'StorageClassNotFound'],
    ['a Secret may come', { auth: { tokenSecretRef: { name: 'mine' } } }, 'TokenSecretMissing'],
  ])('comes by time when %s, which no watch tells', async (_case, spec, reason) => {
    expect(await next(new World(dumbkv({ spec })))).toBe(reason);
  });

  it('comes only with a change when the instance serves, or with its answer', async () => {
    expect(await next(await new World().settle())).toBeUndefined();
  });
});

describe('an event about readiness', () => {
  it('is written when the reason changes, not when only the sentence does', async () => {
    const world = await new World().settle();
    for (const message of ['no such host', 'denied', 'no such host']) {
      const waiting = { reason: 'ErrImagePull', message };
      world.client.put(POD, podWithContainer({ state: { waiting } }));
      await world.run();
      expect(world.dumbkv.status?.conditions?.[0]?.message).toContain(message);
    }
    const told = world.events.map(({ reason }) => reason).filter((reason) => reason !== 'Created');
    expect(told).toEqual(['Deploying', 'Available', 'ImagePullFailed']);
  });
});

describe('the answer through the Service', () => {
  it('is asked for once, and again only when the endpoints change', async () => {
    const world = new World();
    const asked: string[] = [];
    world.probe = async (url) => {
      asked.push(url);
      return FINE;
    };
    await world.settle();
    for (let round = 0; round < 5; round += 1) await world.run();
    expect(asked).toEqual(['http://orders.shop.svc/health']);
  });

  it('is forgotten with the DumbKV', async () => {
    const world = await new World().settle();
    world.change({ metadata: { deletionTimestamp: 'now' } });
    await world.run();
    let asked = 0;
    world.probe = async () => {
      asked += 1;
      return FINE;
    };
    world.change({ metadata: { deletionTimestamp: null } });
    await world.run();
    expect(asked).toBe(1);
  });
});

describe("the user's own Secret", () => {
  it('is read and never written', async () => {
    const world = new World(dumbkv({ spec: { auth: { tokenSecretRef: { name: 'my-tokens' } } } }));
    world.client.put(SECRET, userTokenSecret());
    const before = world.client.peek(SECRET, 'shop', 'my-tokens');
    await world.settle();
    expect(world.client.peek(SECRET, 'shop', 'my-tokens')).toEqual(before);
    expect(world.dumbkv.status?.credentialsSecret).toBe('my-tokens');
    expect(world.client.peek(SECRET, 'shop', 'orders-token')).toBeUndefined();
  });
});
