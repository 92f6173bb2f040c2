// With nothing to change nothing is written, for every kind of DumbKV; and what others put on our
// objects is neither a reason to write nor lost when something is written.
import { describe, expect, it } from 'vitest';
import {
  AUTOSCALER,
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  DISRUPTION_BUDGET,
  DUMBKV,
  ENDPOINT_SLICE,
  HTTP_ROUTE,
  INGRESS,
  NETWORK_POLICY,
  POD,
  POSTGRES_CLUSTER,
  SECRET,
  SERVICE,
  STATEFUL_SET,
} from '../../../../operator/api/resources.ts';
import { runsPostgres } from '../../../../operator/builders/engine.ts';
import type { KubeObject, ResourceType } from '../../../../operator/kube/resource.ts';
import { dumbkv, exposedDumbkv } from '../../../support/objects.ts';
import { KINDS } from './kinds.ts';
import { World } from './world.ts';

const TOUCHED = { labels: { team: 'a' }, annotations: { 'example.com/note': 'x' } };
const CHILDREN: [ResourceType, string][] = [
  [CLAIM, 'orders-data'],
  [SECRET, 'orders-sealing'],
  [SERVICE, 'orders'],
  [INGRESS, 'orders'],
  [DEPLOYMENT, 'orders'],
];

describe.each(KINDS)('a DumbKV with %s', (_sentence, make) => {
  it('is as it asked for, or says why it does not serve', async () => {
    const world = await make().settle();
    const { suspended, replicas } = world.dumbkv.spec;
    const wanted = suspended
      ? 'False Suspended'
      : replicas === 0
        ? 'False NoReplicas'
        : 'True Available';
    expect(world.condition('Ready')).toBe(wanted);
    expect(world.condition('Stalled') ?? world.condition('Reconciling')).toBeUndefined();
  });

  it('costs no write and no event the next time, or the time after', async () => {
    const world = await make().settle();
    for (let round = 0; round < 2; round += 1) {
      await world.clock.advance(300_000);
      expect(await world.run()).toEqual({});
    }
    expect(world.client.actions.filter(({ verb }) => verb !== 'get')).toEqual([]);
  });

  it('costs one look at each of its Secrets and its ConfigMap, and no more', async () => {
    const world = await make().settle();
    await world.run();
    const kinds = new Set(world.client.actions.map(({ kind }) => kind));
    const looks = world.client.actions.map(({ kind, name }) => `${kind} ${name}`);
    const isRun = runsPostgres(world.dumbkv);
    expect([...kinds].sort()).toEqual(isRun ? ['ConfigMap', 'Secret'] : ['Secret']);
    expect(looks).toEqual([...new Set(looks)]);
    expect(looks).toContain('Secret orders-sealing');
  });

  it('costs no write by an operator that has just started', async () => {
    const world = await make().settle();
    const restarted = new World(world.dumbkv);
    for (const [type, ...names] of [
      [DUMBKV, 'orders'],
      [SECRET, 'orders-sealing', 'orders-token', 'my-tokens', 'orders-postgres', 'my-database'],
      [SECRET, 'orders-postgres-app'],
      [POSTGRES_CLUSTER, 'orders-postgres'],
      ...CHILDREN.map(([type, name]) => [type, name] as const),
      [CONFIG_MAP, 'orders-postgres'],
      [SERVICE, 'orders-postgres'],
      [STATEFUL_SET, 'orders-postgres'],
      [DISRUPTION_BUDGET, 'orders'],
      [AUTOSCALER, 'orders'],
      [HTTP_ROUTE, 'orders'],
      [NETWORK_POLICY, 'orders', 'orders-postgres'],
      [POD, 'orders-5d9c'],
      [ENDPOINT_SLICE, 'orders-x7k2p'],
    ] as const) {
      for (const name of names) {
        const object = world.client.peek(type, 'shop', name);
        if (object !== undefined) restarted.client.put(type, object as KubeObject);
      }
    }
    await restarted.run();
    const kinds = new Set(restarted.client.writes.map(({ kind }) => kind));
    expect([...kinds].filter((kind) => kind !== 'ServiceAccount')).toEqual([]);
  });
});

describe('a volume whose usage wavers', () => {
  it.each([
    ['a step', [34.9, 35, 36, 31, 34.9, 39.9, 35], '35%'],
    ['pressure', [86, 84, 81, 85, 80.1, 89.9, 86], '85%'],
  ])('around %s costs no write', async (_sentence, percents, used) => {
    const world = new World();
    let percent = used === '35%' ? 36 : 86;
    world.readVolumeRoom = async () => ({ sizeBytes: 1000, availableBytes: 1000 - percent * 10 });
    await world.settle();
    expect(world.dumbkv.status?.storage).toEqual({ capacity: '1Gi', used });
    for (const next of [...percents, ...percents, ...percents]) {
      percent = next;
      await world.clock.advance(300_000);
      await world.run();
    }
    expect(world.client.writeTitles).toEqual([]);
    expect(world.dumbkv.status?.storage?.used).toBe(used);
  });
});

describe('what others put on our objects', () => {
  const touched = async () => {
    const world = await new World(exposedDumbkv()).settle();
    for (const [type, name] of CHILDREN)
      world.client.amend(type, 'shop', name, { metadata: TOUCHED });
    return world;
  };

  it('is no reason to write', async () => {
    const world = await touched();
    await world.run();
    expect(world.client.writeTitles).toEqual([]);
  });

  it('stays when everything is written anew', async () => {
    const world = await touched();
    world.change({
      spec: { deletionPolicy: 'Delete', image: 'registry.example.com/dumbkv/server:2' },
    });
    for (const [type, name] of CHILDREN) {
      const metadata = { labels: { 'app.kubernetes.io/part-of': null } };
      world.client.amend(type, 'shop', name, { metadata });
    }
    await world.run();
    expect(world.client.writes.length).toBeGreaterThanOrEqual(CHILDREN.length);
    for (const [type, name] of CHILDREN) {
      expect(world.client.peek(type, 'shop', name)?.metadata).toMatchObject(TOUCHED);
    }
  });

  it('stays in the list of conditions', async () => {
    const world = await new World().settle();
    const theirs = {
      type: 'example.com/BackedUp',
      status: 'True',
      reason: 'Fresh',
      message: 'Done.',
    };
    const conditions = [theirs, ...(world.dumbkv.status?.conditions ?? [])];
    world.client.amend(DUMBKV, 'shop', 'orders', { status: { conditions } });
    await world.run();
    expect(world.client.writeTitles).toEqual([]);
    world.change({ spec: { suspended: true } });
    await world.run();
    expect(world.dumbkv.status?.conditions).toContainEqual(theirs);
    expect(world.condition('Ready')).toBe('False Suspended');
  });
});

describe('a change of the DumbKV', () => {
  it.each<[string, object, string[]]>([
    ['a new image', { image: 'registry.example.com/dumbkv/server:2' }, ['apply Deployment orders']],
    ['suspension', { suspended: true }, ['apply Deployment orders']],
    ['more storage', { storage: { size: '2Gi' } }, ['apply PersistentVolumeClaim orders-data']],
    [
      'another deletion policy',
      { deletionPolicy: 'Delete' },
      [
        'mergePatch DumbKV orders/status',
        'apply PersistentVolumeClaim orders-data',
        'mergePatch Secret orders-sealing',
      ],
    ],
    [
      'an Ingress',
      { ingress: { host: 'a.example' } },
      ['apply NetworkPolicy orders', 'apply Ingress orders'],
    ],
    ['openness', { auth: { type: 'None' } }, ['apply Deployment orders']],
  ])('to %s is written where it matters, and once', async (_case, spec, titles) => {
    const world = await new World().settle();
    world.change({ spec });
    await world.run();
    expect(world.client.writeTitles).toEqual([...titles, 'mergePatch DumbKV orders/status']);
    await world.settle();
    await world.run();
    expect(world.client.writeTitles).toEqual([]);
  });

  it('to no Ingress removes it', async () => {
    const world = await new World(exposedDumbkv()).settle();
    world.change({ spec: { ingress: null } });
    await world.run();
    expect(world.client.writeTitles).toEqual([
      'apply NetworkPolicy orders',
      'remove Ingress orders',
      'mergePatch DumbKV orders/status',
    ]);
    expect(world.condition('Exposed')).toBeUndefined();
  });

  it('of the policy gives the data an owner, and takes it away again', async () => {
    const owners = (world: World) =>
      [
        world.client.peek(CLAIM, 'shop', 'orders-data'),
        world.client.peek(SECRET, 'shop', 'orders-sealing'),
      ].map((object) => object?.metadata.ownerReferences?.length ?? 0);
    const world = await new World(dumbkv({ spec: { deletionPolicy: 'Delete' } })).settle();
    expect(owners(world)).toEqual([1, 1]);
    world.change({ spec: { deletionPolicy: 'Retain' } });
    await world.run();
    expect(owners(world)).toEqual([0, 0]);
  });

  it('is written over a child that somebody has edited by hand', async () => {
    const world = await new World().settle();
    world.client.amend(SERVICE, 'shop', 'orders', {
      spec: { selector: { app: 'other' }, type: 'NodePort' },
    });
    await world.run();
    expect(world.client.writeTitles).toEqual(['apply Service orders']);
    expect(world.client.peek(SERVICE, 'shop', 'orders')?.spec).toMatchObject({ type: 'ClusterIP' });
  });
});
