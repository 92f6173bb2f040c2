// Children that do not stay as they are asked, as a user meets them: in the status where the spec
// of a child is concerned, otherwise in one event, and again when it begins anew.
import { describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT, SECRET, SERVICE } from '../../../../operator/api/resources.ts';
import { ownerReference } from '../../../../operator/builders/metadata.ts';
import type { ResourceType } from '../../../../operator/kube/resource.ts';
import { contentionLimits } from '../../../../operator/limits.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv } from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { STOPPED } from './examples.ts';
import { KEY, World } from './world.ts';

const { immediateWrites, baseDelayMs, maxDelayMs, calmMs } = contentionLimits;
const NEW_IMAGE = { spec: { image: 'registry.example.com/dumbkv/server:2' } };
const PART_OF = { metadata: { labels: { 'app.kubernetes.io/part-of': 'platform' } } };

/** An admission that changes every object of a kind; undefined lets it be. */
function police({ client }: World, kind: ResourceType): { policy: object | undefined } {
  const rule: { policy: object | undefined } = { policy: undefined };
  const apply = client.apply.bind(client);
  client.apply = (type, object, options) =>
    apply(type, type === kind && rule.policy ? altered(object, rule.policy) : object, options);
  return rule;
}

/** Somebody changes a child again and again, and the operator looks. */
async function contest(world: World, type: ResourceType, name: string, change: object) {
  for (let turn = 0; turn <= immediateWrites; turn += 1) {
    world.client.amend(type, 'shop', name, change);
    await world.clock.advance(baseDelayMs);
    await world.run();
  }
}

const told = (world: World, reason: string) =>
  world.events.filter((event) => event.reason === reason);

describe('an image that a policy undoes', () => {
  const undone = async () => {
    const world = await new World().settle();
    const rule = police(world, DEPLOYMENT);
    const template = { spec: { containers: [{ name: 'server', image: 'the old one' }] } };
    rule.policy = { spec: { template } };
    world.change(NEW_IMAGE);
    await world.run();
    return { world, rule };
  };

  it('is no readiness of the new generation, and its field is named', async () => {
    const { world } = await undone();
    world.becomeReady();
    await world.run();
    expect(world.condition('Ready')).toBe('False Undone');
    expect(world.condition('Stalled')).toBe('True Undone');
    expect(world.dumbkv.status?.observedGeneration).toBe(world.dumbkv.metadata.generation);
    const message = world.dumbkv.status?.conditions?.[0]?.message;
    expect(message).toMatch(/Deployment "orders" was written, but spec\.template.*change the pol/s);
  });

  it('is told once, in an event and in the log', async () => {
    const { world } = await undone();
    for (let look = 0; look < 5; look += 1) {
      await world.clock.advance(maxDelayMs);
      await world.run();
    }
    expect(told(world, 'Undone')).toHaveLength(1);
    expect(world.troubles).toHaveLength(1);
  });

  it('comes without a change of the DumbKV when the policy is gone', async () => {
    const { world, rule } = await undone();
    rule.policy = undefined;
    const { contestedSeconds = 0 } = await world.run();
    expect(contestedSeconds).toBeGreaterThan(0);
    await world.clock.advance(contestedSeconds * 1000);
    await world.run();
    world.becomeReady();
    await world.run();
    expect(world.condition('Ready')).toBe('True Available');
    expect(world.condition('Stalled')).toBeUndefined();
  });
});

describe('a spec that somebody contests', () => {
  it('is stalled also while it is as asked, until it has stayed so', async () => {
    const world = await STOPPED.Contested();
    await world.clock.advance(maxDelayMs);
    await world.run();
    expect(world.client.peek(DEPLOYMENT, 'shop', 'orders')?.spec).toMatchObject({ replicas: 1 });
    expect(world.condition('Stalled')).toBe('True Contested');
    await world.clock.advance(calmMs);
    world.becomeReady();
    await world.run();
    expect(world.condition('Ready')).toBe('True Available');
  });
});

describe('marks that do not stay', () => {
  it.each<[string, ResourceType, string]>([
    ['a Service', SERVICE, 'orders'],
    ['the token Secret', SECRET, 'orders-token'],
    ['the sealing Secret', SECRET, 'orders-sealing'],
  ])('of %s are told once, and are no word on the instance', async (_case, type, name) => {
    const world = await new World().settle();
    await contest(world, type, name, PART_OF);
    world.client.actions.length = 0;
    for (let look = 0; look < 5; look += 1) {
      world.client.amend(type, 'shop', name, PART_OF);
      await world.run();
    }
    expect(world.client.writeTitles).toEqual([]);
    expect(world.condition('Ready')).toBe('True Available');
    expect(world.troubles.map(({ kind, reason }) => [kind, reason])).toEqual([
      [type.kind, 'Contested'],
    ]);
    const [event, ...more] = told(world, 'Contested');
    expect([event?.type, event?.note]).toEqual([
      'Warning',
      expect.stringContaining(`${type.kind} "${name}" was put back`),
    ]);
    expect(more).toEqual([]);
  });

  it('are told once though writes of them fail', async () => {
    const world = await new World().settle();
    await contest(world, SERVICE, 'orders', PART_OF);
    world.client.refuse('apply', 'Service', refusal('PATCH', '/orders', 409, 'Conflict'));
    for (let look = 0; look < 10; look += 1) {
      world.client.amend(SERVICE, 'shop', 'orders', PART_OF);
      await world.clock.advance(baseDelayMs * 2);
      await world.run().catch(() => {});
    }
    expect(told(world, 'Contested')).toHaveLength(1);
  });

  it('are not told before anything was written', async () => {
    const world = await new World().settle();
    for (let turn = 0; turn < immediateWrites; turn += 1) {
      world.client.amend(SERVICE, 'shop', 'orders', PART_OF);
      await world.run();
    }
    await world.clock.advance(baseDelayMs);
    world.client.amend(SERVICE, 'shop', 'orders', PART_OF);
    const apply = world.client.apply.bind(world.client);
    world.client.apply = async (type, object, options) => {
      if (type === SERVICE && !options?.dryRun) throw refusal('PATCH', '/x', 409, 'Conflict');
      return apply(type, object, options);
    };
    for (let look = 0; look < 5; look += 1) await expect(world.run()).rejects.toThrow();
    expect(told(world, 'Contested')).toEqual([]);
  });
});

describe('an owner that somebody puts on retained data', () => {
  it('is taken off each time, and told once', async () => {
    const world = await new World().settle();
    const owned = { metadata: { ownerReferences: [ownerReference(dumbkv())] } };
    for (let turn = 0; turn < 10; turn += 1) {
      world.client.amend(CLAIM, 'shop', 'orders-data', owned);
      await world.run();
      const claim = world.client.peek(CLAIM, 'shop', 'orders-data');
      expect(claim?.metadata.ownerReferences).toEqual([]);
    }
    expect(told(world, 'Contested')).toHaveLength(1);
  });
});

describe('what is known of contested children', () => {
  it('goes with the DumbKV', async () => {
    const world = await STOPPED.Contested();
    expect(world.contention.nextSeconds(KEY)).toBeGreaterThan(0);
    world.change({ metadata: { deletionTimestamp: 'now' } });
    await world.run();
    expect(world.contention.nextSeconds(KEY)).toBeUndefined();
  });
});
