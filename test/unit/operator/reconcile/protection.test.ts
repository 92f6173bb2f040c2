// The label by which the data of a protected instance is kept: it follows the spec on every part of
// the data, also where there is no volume.
import { describe, expect, it } from 'vitest';
import { CLAIM, SECRET } from '../../../../operator/api/resources.ts';
import type { ResourceType } from '../../../../operator/kube/resource.ts';
import { databaseSecretOfUser, dumbkv, onExternal } from '../../../support/objects.ts';
import { World } from './world.ts';

const labelOf = (world: World, type: ResourceType, name: string) =>
  world.client.peek(type, 'shop', name)?.metadata.labels?.['dumbkv.dev/protected'];

describe('the label of protected data', () => {
  it('follows the spec on claim and Secret', async () => {
    const world = await new World().settle();
    for (const deletionProtection of [true, false]) {
      world.change({ spec: { deletionProtection } });
      await world.run();
      expect(labelOf(world, CLAIM, 'orders-data')).toBe(String(deletionProtection));
      expect(labelOf(world, SECRET, 'orders-sealing')).toBe(String(deletionProtection));
    }
  });

  it('follows it on the Secret of an instance whose data is with others', async () => {
    const world = new World(dumbkv({ spec: onExternal }));
    world.client.put(SECRET, databaseSecretOfUser());
    await world.run();
    for (const deletionProtection of [true, false]) {
      world.change({ spec: { deletionProtection } });
      await world.run();
      expect(labelOf(world, SECRET, 'orders-sealing')).toBe(String(deletionProtection));
    }
    world.client.actions.length = 0;
    await world.run();
    expect(world.client.writes).toEqual([]);
  });
});
