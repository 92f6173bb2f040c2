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
const EVIL = { image: 'evil.example.com/x:1' };

const dataOf = ({ client }: World) => ({
  claim: client.peek(CLAIM, 'shop', 'orders-data'),
  secret: client.peek(SECRET, 'shop', 'orders-sealing'),
});
const ownersOf = (world: World) =>
  Object.values(dataOf(world)).map((part) => part?.metadata.ownerReferences ?? []);
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
