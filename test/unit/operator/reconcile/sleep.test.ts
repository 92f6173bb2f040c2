// An instance that sleeps by its schedule: its pods go and come by time alone, and suspended goes
// before it.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, STATEFUL_SET } from '../../../../operator/api/resources.ts';
import type { ResourceType } from '../../../../operator/kube/resource.ts';
import { dumbkv } from '../../../support/objects.ts';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;
const replicasOf = (world: World, type: ResourceType = DEPLOYMENT, name = 'orders') =>
  (world.client.peek(type, 'shop', name)?.spec as { replicas: number } | undefined)?.replicas;

/** The hour of the day in UTC that is so many hours from now. */
const hourIn = (world: World, hours: number) =>
  new Date(world.clock.wallTime().getTime() + hours * HOUR_MS).toISOString().slice(11, 13);
const sleeping = (world: World, from: number, to: number) => ({
  sleep: {
    timeZone: 'UTC',
    windows: [{ from: `${hourIn(world, from)}:00`, to: `${hourIn(world, to)}:00` }],
  },
});

describe('an instance with a schedule', () => {
  it('sleeps and wakes at the instants of it, looked at again then', async () => {
    const world = await new World().settle();
    world.change({ spec: sleeping(world, 2, 4) });
    const { dueSeconds = 0 } = await world.run();
    expect(world.condition('Ready')).toBe('True Available');
    expect(dueSeconds).toBeGreaterThan(3600);
    expect(dueSeconds).toBeLessThanOrEqual(2 * 3600);
    await world.clock.advance(dueSeconds * 1000);
    const asleep = await world.run();
    expect(replicasOf(world)).toBe(0);
    expect(world.condition('Ready')).toBe('False Sleeping');
    expect(world.condition('Reconciling')).toBeUndefined();
    const { asleepUntil = '' } = world.dumbkv.status ?? {};
    expect(Date.parse(asleepUntil)).toBe(world.clock.wallTime().getTime() + 2 * HOUR_MS);
    await world.clock.advance((asleep.dueSeconds ?? 0) * 1000);
    await world.run();
    expect(replicasOf(world)).toBe(1);
    expect(world.dumbkv.status).not.toHaveProperty('asleepUntil');
  });

  it('writes nothing while it sleeps', async () => {
    const world = await new World().settle();
    world.change({ spec: sleeping(world, 0, 3) });
    await world.run();
    world.becomeReady();
    await world.run();
    world.client.actions.length = 0;
    await world.clock.advance(HOUR_MS / 2);
    await world.run();
    expect(world.client.writes).toEqual([]);
  });

  it('has no Postgres either, and is Suspended where it is both', async () => {
    const world = await new World(dumbkv({ spec: { engine: 'postgres' } })).settle();
    world.change({ spec: sleeping(world, 0, 3) });
    await world.run();
    world.becomeReady();
    await world.run();
    expect(replicasOf(world, STATEFUL_SET, 'orders-postgres')).toBe(0);
    world.change({ spec: { suspended: true } });
    await world.run();
    expect(world.condition('Ready')).toBe('False Suspended');
    expect(world.dumbkv.status).not.toHaveProperty('asleepUntil');
  });

  it('in a zone that nobody knows serves on, and says so', async () => {
    const world = await new World().settle();
    const windows = [{ from: '00:00', to: '00:00' }];
    world.change({ spec: { sleep: { timeZone: 'Europe/Atlantis', windows } } });
    await world.run();
    expect(replicasOf(world)).toBe(1);
    expect(world.condition('Stalled')).toBe('True TimeZoneUnknown');
  });
});
