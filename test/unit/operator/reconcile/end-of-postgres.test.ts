// The operator's own Postgres ends after the last pod of the server, whose last answers need it,
// and whatever is wrong otherwise; it comes before them.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, POD, STATEFUL_SET } from '../../../../operator/api/resources.ts';
import { dumbkv } from '../../../support/objects.ts';
import { World } from './world.ts';

const POD_NAME = 'orders-5d9c';
const replicasOf = (world: World, type = STATEFUL_SET, name = 'orders-postgres') =>
  (world.client.peek(type, 'shop', name)?.spec as { replicas: number } | undefined)?.replicas;
const running = () => new World(dumbkv({ spec: { engine: 'postgres' } })).settle();

/** What the Deployment says once its controller has seen that no pod is wanted. */
function countNoPods({ client }: World): void {
  const { metadata } = client.peek(DEPLOYMENT, 'shop', 'orders') ?? {};
  const status = { observedGeneration: metadata?.generation, replicas: 0 };
  client.amend(DEPLOYMENT, 'shop', 'orders', { status });
}

const SUSPENDED = { suspended: true };
const UNSOUND = { suspended: true, image: 'elsewhere.example.com/any:1' };

describe.each([
  ['an instance', SUSPENDED],
  ['one whose spec is not sound', UNSOUND],
])('with %s that is suspended', (_sentence, spec) => {
  it('its Postgres runs until the last pod of the server is gone', async () => {
    const world = await running();
    world.change({ spec });
    await world.run();
    expect(replicasOf(world, DEPLOYMENT, 'orders')).toBe(0);
    expect(replicasOf(world)).toBe(1);
    countNoPods(world);
    const metadata = { deletionTimestamp: '2030-01-01T00:00:00Z' };
    world.client.amend(POD, 'shop', POD_NAME, { metadata });
    await world.run();
    expect(replicasOf(world)).toBe(1);
    world.client.drop(POD, 'shop', POD_NAME);
    await world.run();
    expect(replicasOf(world)).toBe(0);
    world.client.actions.length = 0;
    await world.run();
    expect(world.client.writes).toEqual([]);
  });

  it('its Postgres runs while there may be a pod that is not known yet', async () => {
    const world = await running();
    world.client.drop(POD, 'shop', POD_NAME);
    world.change({ spec });
    await world.run();
    await world.run();
    expect(replicasOf(world)).toBe(1);
    countNoPods(world);
    await world.run();
    expect(replicasOf(world)).toBe(0);
  });

  it('its Postgres does not wait for a pod that was evicted', async () => {
    const world = await running();
    world.change({ spec });
    await world.run();
    countNoPods(world);
    world.client.amend(POD, 'shop', POD_NAME, { status: { phase: 'Failed' } });
    await world.run();
    expect(replicasOf(world)).toBe(0);
  });
});

describe('an instance that rests', () => {
  it('has its Postgres back when it is resumed, whether that had gone or not', async () => {
    for (const isGone of [false, true]) {
      const world = await running();
      world.change({ spec: SUSPENDED });
      await world.run();
      if (isGone) world.becomeReady();
      await world.run();
      expect(replicasOf(world)).toBe(isGone ? 0 : 1);
      world.change({ spec: { suspended: false } });
      await world.run();
      expect(replicasOf(world)).toBe(1);
    }
  });

  it('has none where it never had a pod', async () => {
    const world = new World(dumbkv({ spec: { engine: 'postgres', replicas: 0 } }));
    await world.run();
    await world.run();
    expect(replicasOf(world)).toBe(0);
  });
});
