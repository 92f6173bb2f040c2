// Children that lost the label by which they are watched, and do not get it back for a while: the
// steps and the status speak of them all the same, at the cost of one GET for each.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  INGRESS,
  NETWORK_POLICY,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../../operator/api/resources.ts';
import type { ResourceType } from '../../../../operator/kube/resource.ts';
import { contentionLimits } from '../../../../operator/limits.ts';
import { dumbkv, exposedDumbkv } from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { World } from './world.ts';

const UNSEEN = { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } };
const BARE = { metadata: { labels: null } };
const EVIL = { image: 'evil.example.com/x:1' };
const CHILDREN: [ResourceType, string][] = [
  [CLAIM, 'orders-data'],
  [SERVICE_ACCOUNT, 'orders'],
  [SERVICE, 'orders'],
  [DEPLOYMENT, 'orders'],
  [INGRESS, 'orders'],
];

/** A settled instance, of which somebody takes labels away again and again. */
async function contested(world: World, parts = CHILDREN): Promise<World> {
  await world.settle();
  for (let round = 0; round <= contentionLimits.immediateWrites + 1; round += 1) {
    for (const [type, name] of parts) world.client.amend(type, 'shop', name, UNSEEN);
    await world.run();
  }
  world.client.actions.length = 0;
  return world;
}
const looksAt = ({ client }: World, kind: string) =>
  client.actions.filter((action) => action.verb === 'get' && action.kind === kind).length;
const podsAsked = ({ client }: World) =>
  (client.peek(DEPLOYMENT, 'shop', 'orders')?.spec as { replicas?: number } | undefined)?.replicas;

describe('while children wait for their label', () => {
  const named = CHILDREN.map(([type, name]) => ({ kind: type.kind, type, name }));

  it.each(named)('the status is as it was: $kind', async ({ type, name }) => {
    const calm = await new World(exposedDumbkv({ spec: { deletionPolicy: 'Delete' } })).settle();
    const world = new World(exposedDumbkv({ spec: { deletionPolicy: 'Delete' } }));
    await contested(world, [[type, name]]);
    const found = world.client.peek(type, 'shop', name)?.metadata.labels;
    expect(found).not.toHaveProperty('app.kubernetes.io/managed-by');
    const states = ({ dumbkv: { status } }: World) => ({
      ...status,
      conditions: status?.conditions?.map((one) => `${one.type} ${one.status} ${one.reason}`),
    });
    expect(states(world)).toEqual(states(calm));
    expect(world.condition('Ready')).toBe('True Available');
  });

  it('each costs one GET a look, and no write', async () => {
    const world = await contested(new World(exposedDumbkv()));
    await world.run();
    expect(CHILDREN.map(([{ kind }]) => looksAt(world, kind))).toEqual([1, 1, 1, 1, 1]);
    expect(world.client.writeTitles).toEqual([]);
  });

  it('an Ingress that nobody asks for costs none', async () => {
    const world = await contested(new World(), CHILDREN.slice(0, 4));
    await world.run();
    expect(CHILDREN.map(([{ kind }]) => looksAt(world, kind))).toEqual([1, 1, 1, 1, 0]);
  });
});

describe('what is looked for', () => {
  it('of a new instance is one GET for each child, beside the claim', async () => {
    const world = new World();
    await world.run();
    expect(CHILDREN.slice(1).map(([{ kind }]) => looksAt(world, kind))).toEqual([1, 1, 1, 0]);
  });

  it('of an instance that never was, with a bad spec, is the claim alone', async () => {
    const world = new World(dumbkv({ spec: EVIL }));
    await world.run();
    expect(CHILDREN.map(([{ kind }]) => looksAt(world, kind))).toEqual([1, 0, 0, 0, 0]);
  });
});

describe('without its labels', () => {
  it('a Deployment is stopped where no pods are asked, though the spec is bad', async () => {
    const world = await new World().settle();
    world.client.amend(DEPLOYMENT, 'shop', 'orders', BARE);
    world.change({ spec: { ...EVIL, suspended: true } });
    await world.run();
    expect(podsAsked(world)).toBe(0);
  });

  it('a Deployment counts in the status of an instance with a bad spec', async () => {
    const world = await new World().settle();
    world.client.amend(DEPLOYMENT, 'shop', 'orders', BARE);
    world.change({ spec: EVIL });
    await world.run();
    expect(world.dumbkv.status).toMatchObject({ replicas: 1, readyReplicas: 1 });
  });

  it('a claim that cannot be let go of is told to go with its DumbKV', async () => {
    const world = await new World(dumbkv({ spec: { deletionPolicy: 'Delete' } })).settle();
    world.client.amend(CLAIM, 'shop', 'orders-data', BARE);
    const path = '/persistentvolumeclaims/orders-data';
    const error = refusal('PATCH', path, 403, 'Forbidden');
    world.client.refuse('mergePatch', 'PersistentVolumeClaim', error);
    world.change({ spec: { deletionPolicy: 'Retain' } });
    await world.run();
    expect(world.condition('Stalled')).toBe('True ChildRejected');
    expect(world.dumbkv.status?.deletionPolicy).toBe('Delete');
  });

  it("somebody else's Deployment is not shown as the instance's own", async () => {
    const world = new World();
    const status = { replicas: 7, readyReplicas: 7 };
    world.client.put(DEPLOYMENT, { metadata: { name: 'orders', namespace: 'shop' }, status });
    await world.run();
    expect(world.condition('Stalled')).toBe('True NameConflict');
    expect(world.dumbkv.status).toMatchObject({ replicas: 0, readyReplicas: 0 });
  });
});

describe('an Ingress that is no longer asked for, and lost its labels', () => {
  const unasked = async (): Promise<World> => {
    const world = await new World(exposedDumbkv()).settle();
    world.client.amend(INGRESS, 'shop', 'orders', BARE);
    world.change({ spec: { ingress: null } });
    return world;
  };
  const ingress = ({ client }: World) => client.peek(INGRESS, 'shop', 'orders');

  it('is removed, and then no longer looked for', async () => {
    const world = await unasked();
    await world.run();
    expect(ingress(world)).toBeUndefined();
    expect(world.condition('Exposed')).toBeUndefined();
    world.client.actions.length = 0;
    await world.run();
    expect(looksAt(world, 'Ingress')).toBe(0);
  });

  it.each([
    ['an address', null, 'True AddressAssigned'],
    ['none', { status: null }, 'Unknown AddressPending'],
  ])('is told of until it can be removed, with %s', async (_what, alteration, shown) => {
    const world = await unasked();
    if (alteration) world.client.amend(INGRESS, 'shop', 'orders', alteration);
    world.client.refuse('remove', 'Ingress', refusal('DELETE', '/ingresses/orders', 403, 'No'));
    await world.run();
    await world.run();
    expect(world.condition('Exposed')).toBe(shown);
    expect(world.condition('Stalled')).toBe('True ChildRejected');
    world.client.allowAll();
    await world.run();
    expect(ingress(world)).toBeUndefined();
    expect(world.condition('Exposed')).toBeUndefined();
    expect(world.condition('Ready')).toBe('True Available');
  });

  it('but has them still is removed, whatever the status says', async () => {
    const world = await new World(exposedDumbkv()).settle();
    world.change({ spec: { ingress: null } });
    world.client.amend(DUMBKV, 'shop', 'orders', { status: null });
    await world.run();
    expect(ingress(world)).toBeUndefined();
  });

  it('is not told of while it is on its way out', async () => {
    const world = await unasked();
    const metadata = { deletionTimestamp: '2030-01-01T00:00:00Z' };
    world.client.amend(INGRESS, 'shop', 'orders', { metadata });
    await world.run();
    expect(world.condition('Exposed')).toBeUndefined();
    expect(world.condition('Ready')).toBe('True Available');
  });
});

describe('what may have been made before, and lost its labels', () => {
  it('is removed though no status ever told of it', async () => {
    const world = new World(exposedDumbkv());
    const error = refusal('PATCH', '/dumbkvs/orders/status', 409, 'Conflict');
    world.client.refuse('mergePatch', 'DumbKV', error);
    await expect(world.run()).rejects.toBe(error);
    world.client.allowAll();
    world.client.amend(INGRESS, 'shop', 'orders', BARE);
    world.change({ spec: { ingress: null } });
    await world.run();
    expect(world.client.peek(INGRESS, 'shop', 'orders')).toBeUndefined();
  });

  it('is removed though it is no way in', async () => {
    const world = await new World().settle();
    world.client.amend(NETWORK_POLICY, 'shop', 'orders', BARE);
    world.change({ spec: { networkPolicy: { type: 'Open' } } });
    await world.run();
    expect(world.client.peek(NETWORK_POLICY, 'shop', 'orders')).toBeUndefined();
  });

  it('is looked for once with each change of what is asked', async () => {
    const world = await new World().settle();
    for (const looks of [1, 0, 0]) {
      if (looks > 0) world.change({ spec: { replicas: 0 } });
      world.client.actions.length = 0;
      await world.run();
      expect(looksAt(world, 'Ingress')).toBe(looks);
      expect(looksAt(world, 'HorizontalPodAutoscaler')).toBe(looks);
    }
  });
});
