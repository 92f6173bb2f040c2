// The mark in the sealing Secret that the store was made: set by the first look that sees a pod
// serve it, once, and never for a store that nobody has seen.
import { describe, expect, it } from 'vitest';
import { CLAIM, POD, SECRET } from '../../../../operator/api/resources.ts';
import { databaseSecretOfUser, dumbkv, onExternal } from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { World } from './world.ts';

const STORE_ID = 'dumbkv.dev/store-id';
const secretOf = ({ client }: World) => client.peek(SECRET, 'shop', 'orders-sealing');
/** What the mark says, or undefined. */
function markOf(world: World): string | undefined {
  const { data = {} } = secretOf(world) as { data?: Record<string, string> };
  const { 'store-made': mark } = data;
  return mark && Buffer.from(mark, 'base64').toString();
}
const removeMark = ({ client }: World) =>
  client.amend(SECRET, 'shop', 'orders-sealing', { data: { 'store-made': null } });
const notReady = { status: { conditions: [{ type: 'Ready', status: 'False' }] } };

describe('the mark', () => {
  it('names the store once a pod serves it, beside the key as it was', async () => {
    const world = new World();
    await world.run();
    const { metadata, ...key } = secretOf(world) ?? { metadata: { name: '' } };
    expect(markOf(world)).toBeUndefined();
    world.becomeReady();
    await world.run();
    expect(markOf(world)).toBe(metadata.labels?.[STORE_ID]);
    expect(secretOf(world)).toMatchObject(key);
    world.client.actions.length = 0;
    await world.run();
    expect(world.client.writes).toEqual([]);
  });

  it('comes to an instance of an earlier release, and nothing else changes', async () => {
    const world = await new World().settle();
    removeMark(world);
    await world.run();
    expect(world.client.writeTitles).toEqual(['mergePatch Secret orders-sealing']);
    expect(markOf(world)).toBe(secretOf(world)?.metadata.labels?.[STORE_ID]);
  });

  it('comes though the spec is not sound', async () => {
    const world = await new World().settle();
    removeMark(world);
    world.change({ spec: { image: 'elsewhere.example.com/any:1' } });
    await world.run();
    expect(world.condition('Stalled')).toBe('True ImageNotAllowed');
    expect(markOf(world)).toBeDefined();
  });

  it('stays with what is retained, and goes on counting for who adopts it', async () => {
    const world = new World(dumbkv({ spec: onExternal }));
    world.client.put(SECRET, databaseSecretOfUser());
    await world.settle();
    const mark = markOf(world);
    world.change({ metadata: { uid: 'uid-of-the-next' } });
    await world.run();
    expect(markOf(world)).toBe(mark);
  });

  it.each([
    ['no pod is ready', notReady],
    ['the last pod goes', { metadata: { deletionTimestamp: '2030-01-01T00:00:00Z' } }],
  ])('does not come while %s', async (_sentence, alteration) => {
    const world = await new World().settle();
    removeMark(world);
    world.client.amend(POD, 'shop', 'orders-5d9c', alteration);
    await world.run();
    expect(markOf(world)).toBeUndefined();
  });

  it('does not come by a pod that serves the store of before', async () => {
    const world = await new World().settle();
    for (const type of [CLAIM, SECRET]) {
      world.client.drop(type, 'shop', type === CLAIM ? 'orders-data' : 'orders-sealing');
    }
    await world.run();
    await world.run();
    expect(secretOf(world)).toBeDefined();
    expect(markOf(world)).toBeUndefined();
  });

  it.each([
    ['a Secret that may not change', refusal('PATCH', '/', 422, 'Invalid')],
    ['a policy', refusal('PATCH', '/', 403, 'Forbidden')],
  ])('is done without where %s refuses it', async (_who, error) => {
    const world = await new World().settle();
    removeMark(world);
    world.client.refuse('mergePatch', 'Secret', error);
    await world.run();
    expect(world.condition('Ready')).toBe('True Available');
  });

  it('is tried anew by the next look where it failed otherwise', async () => {
    const world = await new World().settle();
    removeMark(world);
    world.client.refuse('mergePatch', 'Secret', refusal('PATCH', '/', 409, 'Conflict'));
    await expect(world.run()).rejects.toThrow();
    world.client.allowAll();
    await world.run();
    expect(markOf(world)).toBeDefined();
  });
});
