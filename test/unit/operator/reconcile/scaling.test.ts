// An instance whose number of pods changes while it serves: it stays ready all the time, and says
// beside that what is to come; a new template is another matter.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, ENDPOINT_SLICE } from '../../../../operator/api/resources.ts';
import { dumbkv, endpointSlice } from '../../../support/objects.ts';
import { World } from './world.ts';

const GENERATION = 'dumbkv.dev/template-generation';
const twoPods = () => new World(dumbkv({ spec: { engine: 'postgres', replicas: 2 } })).settle();
const conditions = (world: World) => [world.condition('Ready'), world.condition('Reconciling')];
const SCALING = ['True Available', 'True Deploying'];
const DONE = ['True Available', undefined];

/** What the Deployment's controller says of it. */
const observe = (world: World, ...[replicas, updatedReplicas, readyReplicas]: number[]) => {
  const live = world.client.peek(DEPLOYMENT, 'shop', 'orders');
  const observedGeneration = live?.metadata.generation;
  const status = { observedGeneration, replicas, updatedReplicas, readyReplicas };
  world.client.amend(DEPLOYMENT, 'shop', 'orders', { status });
};
const lead = (world: World, ...uids: string[]) =>
  world.client.put(
    ENDPOINT_SLICE,
    endpointSlice({
      endpoints: uids.map((uid) => ({ addresses: [`10.0.0.${uid}`], targetRef: { uid } })),
    }),
  );

describe('an instance that gets another pod', () => {
  it('stays ready, from the write to the answer through the new endpoints', async () => {
    const world = await twoPods();
    lead(world, '1', '2');
    await world.run();
    const events = world.events.length;
    const shown: unknown[] = [];
    const look = async () => {
      await world.run();
      shown.push(conditions(world));
    };
    world.change({ spec: { replicas: 3 } });
    await look();
    await look();
    observe(world, 3, 3, 2);
    await look();
    observe(world, 3, 3, 3);
    world.probe = () => new Promise(() => {});
    lead(world, '1', '2', '3');
    await look();
    expect(shown).toEqual([SCALING, SCALING, SCALING, DONE]);
    expect(world.dumbkv.status?.observedGeneration).toBe(world.dumbkv.metadata.generation);
    const told = world.events.slice(events).map(({ reason }) => reason);
    expect(told).toEqual(['Updated']);
  });

  it('writes no mark for that, so that who has none gets none by an update', async () => {
    const world = await twoPods();
    world.change({ spec: { replicas: 3 } });
    await world.run();
    const live = world.client.peek(DEPLOYMENT, 'shop', 'orders');
    expect(live?.metadata.annotations).not.toHaveProperty([GENERATION]);
  });
});

describe('an instance that gets another template', () => {
  it('is not ready before all its pods have it, whatever else changes', async () => {
    const world = await twoPods();
    world.change({ spec: { resources: { limits: { memory: '1Gi' } } } });
    await world.run();
    expect(conditions(world)).toEqual(['False Deploying', 'True Deploying']);
    world.change({ spec: { replicas: 3 } });
    await world.run();
    expect(conditions(world)).toEqual(['False Deploying', 'True Deploying']);
    observe(world, 3, 1, 3);
    await world.run();
    expect(conditions(world)).toEqual(['False Deploying', 'True Deploying']);
    observe(world, 3, 3, 3);
    await world.run();
    expect(conditions(world)).toEqual(DONE);
    world.change({ spec: { replicas: 4 } });
    await world.run();
    expect(conditions(world)).toEqual(SCALING);
  });
});
