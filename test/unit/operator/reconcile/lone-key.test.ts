// The sealing key of an instance on somebody else's Postgres is all that there is of its data here:
// what the status says of the policy is what would become of that key.
import { describe, expect, it } from 'vitest';
import { SECRET } from '../../../../operator/api/resources.ts';
import { databaseSecretOfUser, dumbkv, onExternal } from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { World } from './world.ts';

const worldWith = (deletionPolicy: string): World => {
  const world = new World(dumbkv({ spec: { ...onExternal, deletionPolicy } }));
  world.client.put(SECRET, databaseSecretOfUser());
  return world;
};
const ownersOf = ({ client }: World) =>
  client.peek(SECRET, 'shop', 'orders-sealing')?.metadata.ownerReferences ?? [];
const refuseSecrets = (world: World) => {
  const send = world.client.mergePatch.bind(world.client);
  world.client.mergePatch = async (...call) => {
    if (call[0] !== SECRET) return send(...call);
    throw refusal('PATCH', '/secrets/orders-sealing', 403, 'Forbidden');
  };
};

describe('the policy in the status', () => {
  it.each([
    ['Delete', 1],
    ['Retain', 0],
  ])('is %s where the key has %i owners', async (policy, count) => {
    const world = await worldWith(policy).settle();
    expect(ownersOf(world)).toHaveLength(count);
    expect(world.dumbkv.status?.deletionPolicy).toBe(policy);
  });

  it.each([
    ['Delete', 'Retain'],
    ['Retain', 'Delete'],
  ])('changes from %s to %s with the key, in the same look', async (before, after) => {
    const world = await worldWith(before).settle();
    world.change({ spec: { deletionPolicy: after } });
    await world.run();
    expect(ownersOf(world)).toHaveLength(after === 'Delete' ? 1 : 0);
    expect(world.dumbkv.status?.deletionPolicy).toBe(after);
  });

  it.each([
    ['Delete', 'Retain'],
    ['Retain', 'Delete'],
  ])('stays %s while the key cannot be brought to %s', async (before, after) => {
    const world = await worldWith(before).settle();
    world.change({ spec: { deletionPolicy: after } });
    refuseSecrets(world);
    await world.run();
    expect(world.condition('Stalled')).toBe('True ChildRejected');
    expect(world.dumbkv.status?.deletionPolicy).toBe(before);
  });

  it('is the wish while nothing is there', async () => {
    const world = new World(dumbkv({ spec: { ...onExternal, deletionPolicy: 'Delete' } }));
    await world.run();
    expect(world.condition('Stalled')).toBe('True DatabaseSecretMissing');
    expect(ownersOf(world)).toEqual([]);
    expect(world.dumbkv.status?.deletionPolicy).toBe('Delete');
  });
});
