// What becomes of data whose claim or Secret lost the marks by which it is known: whatever is left
// of them, it is let go of under Retain, gets its marks again, and never a new key.
import { describe, expect, it } from 'vitest';
import { CLAIM, SECRET } from '../../../../operator/api/resources.ts';
import { dumbkv } from '../../../support/objects.ts';
import { World } from './world.ts';

const FINGERPRINT = 'dumbkv.dev/sealing-key-fingerprint';
const OWNER_UID = 'dumbkv.dev/owner-uid';

/** What somebody took away from the metadata of a part of the data. */
const LOSSES: [string, object][] = [
  ['nothing', {}],
  ['the label of the watch', { labels: { 'app.kubernetes.io/managed-by': null } }],
  ['its labels', { labels: null }],
  ['its fingerprint', { annotations: { [FINGERPRINT]: null } }],
  ['its labels and its fingerprint', { labels: null, annotations: { [FINGERPRINT]: null } }],
  ['its labels and its user', { labels: null, annotations: { [OWNER_UID]: null } }],
  ['its annotations', { annotations: null }],
  ['labels and annotations', { labels: null, annotations: null }],
];
const IMAGE = 'ImageNotAllowed';
const EVIL = { image: 'evil.example.com/x:1' };

const dataOf = ({ client }: World) => ({
  claim: client.peek(CLAIM, 'shop', 'orders-data'),
  secret: client.peek(SECRET, 'shop', 'orders-sealing'),
});
const ownersOf = (world: World) =>
  Object.values(dataOf(world)).map((part) => part?.metadata.ownerReferences ?? []);
const owners = (policy: string) => (policy === 'Delete' ? 1 : 0);
const marksOf = (world: World) =>
  Object.values(dataOf(world)).map((part) => {
    const { labels, annotations } = part?.metadata ?? {};
    return { labels, user: annotations?.[OWNER_UID], fingerprint: annotations?.[FINGERPRINT] };
  });

describe.each(LOSSES)('from Delete to Retain, a claim that lost %s', (_what, metadata) => {
  const lost = async (isPlain: boolean): Promise<World> => {
    const world = await new World(dumbkv({ spec: { deletionPolicy: 'Delete' } })).settle();
    const owners = dataOf(world).claim?.metadata.ownerReferences ?? [];
    const ownerReferences = owners.map((owner) => ({ ...owner, controller: !isPlain }));
    world.client.amend(CLAIM, 'shop', 'orders-data', {
      metadata: { ...metadata, ownerReferences },
    });
    return world;
  };

  it.each([
    ['as its controller', false],
    ['as a plain owner', true],
  ])('is let go of where it names its DumbKV %s, and marked again', async (_how, isPlain) => {
    const world = await lost(isPlain);
    const { claim, secret } = dataOf(await new World().settle());
    world.change({ spec: { deletionPolicy: 'Retain' } });
    await world.run();
    await world.run();
    expect(ownersOf(world)).toEqual([[], []]);
    expect(world.dumbkv.status?.deletionPolicy).toBe('Retain');
    expect(world.condition('Ready')).toBe('True Available');
    for (const [index, part] of [claim, secret].entries()) {
      const names = Object.keys(part?.metadata.labels ?? {});
      expect(Object.keys(marksOf(world)[index]?.labels ?? {})).toEqual(names);
      expect(marksOf(world)[index]?.user).toBe(world.dumbkv.metadata.uid);
    }
    const [one, other] = marksOf(world).map(({ fingerprint }) => fingerprint);
    expect(one).toBe(other);
  });

  it('is let go of though what was asked is refused', async () => {
    const world = await lost(false);
    world.change({ spec: { deletionPolicy: 'Retain', ...EVIL } });
    await world.run();
    expect(ownersOf(world)).toEqual([[], []]);
    expect(world.condition('Stalled')).toBe('True ImageNotAllowed');
    expect(world.dumbkv.status?.deletionPolicy).toBe('Retain');
    expect(marksOf(world)[0]?.labels).toMatchObject({ 'dumbkv.dev/instance': 'orders' });
  });

  it('still says whose it is if the operator is killed right after that', async () => {
    const world = await lost(false);
    world.change({ spec: { deletionPolicy: 'Retain' } });
    world.client.refuse('apply', 'PersistentVolumeClaim', new Error('killed here'));
    await world.run().catch(() => {});
    expect(ownersOf(world)).toEqual([[], []]);
    expect(marksOf(world).map(({ user }) => user)).toEqual([
      world.dumbkv.metadata.uid,
      world.dumbkv.metadata.uid,
    ]);
    world.client.allowAll();
    await world.run();
    expect(world.condition('Stalled')).toBeUndefined();
  });
});

describe.each(LOSSES)('a claim that lost %s, and whose Secret is gone', (what, metadata) => {
  const ASKED = [
    { deletionPolicy: 'Retain' },
    { deletionPolicy: 'Delete' },
    { deletionPolicy: 'Retain', ...EVIL },
  ];

  it.each(ASKED)('has no new key made for it: %o', async (spec) => {
    for (const made of ['Retain', 'Delete']) {
      const world = await new World(dumbkv({ spec: { deletionPolicy: made } })).settle();
      world.client.amend(CLAIM, 'shop', 'orders-data', { metadata });
      const { annotations = {} } = dataOf(world).claim?.metadata ?? {};
      world.client.drop(SECRET, 'shop', 'orders-sealing');
      world.change({ spec });
      await world.run();
      await world.run();
      const { claim, secret } = dataOf(world);
      expect(secret).toBeUndefined();
      expect(claim?.metadata.annotations?.[FINGERPRINT]).toBe(annotations[FINGERPRINT]);
      const isBare = what === 'labels and annotations' && made === 'Retain';
      const reason = isBare ? 'NameConflict' : 'SealingKeyMissing';
      expect(world.condition('Stalled')).toBe(`True ${'image' in spec ? IMAGE : reason}`);
      expect(ownersOf(world)[0]).toHaveLength(spec.deletionPolicy === 'Delete' ? owners(made) : 0);
    }
  });
});

describe('a claim that lost all marks', () => {
  it('is used again with its own key as soon as it is annotated as it was said', async () => {
    const world = await new World().settle();
    const { claim, secret } = dataOf(world);
    const bare = { metadata: { labels: null, annotations: null } };
    world.client.amend(CLAIM, 'shop', 'orders-data', bare);
    await world.run();
    const message = world.dumbkv.status?.conditions?.[0]?.message ?? '';
    const [, name = '', value] = /pvc orders-data ([^ =]+)=([^ ]+)$/.exec(message) ?? [];
    world.client.amend(CLAIM, 'shop', 'orders-data', {
      metadata: { annotations: { [name]: value } },
    });
    await world.run();
    expect(world.condition('Ready')).toBe('True Available');
    const { labels, annotations } = dataOf(world).claim?.metadata ?? {};
    expect({ labels, annotations }).toEqual({
      labels: claim?.metadata.labels,
      annotations: claim?.metadata.annotations,
    });
    expect(dataOf(world).secret?.data).toEqual(secret?.data);
  });
});
