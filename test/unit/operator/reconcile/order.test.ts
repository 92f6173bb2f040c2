// From nothing to a served instance: which writes in which order, and that it does not matter where
// the operator was killed in between.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  INGRESS,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../../operator/api/resources.ts';
import type { KubeClient } from '../../../../operator/kube/client.ts';
import { parseSealingKeyFile } from '../../../../server/sealing/key-file.ts';
import { dumbkv } from '../../../support/objects.ts';
import type { RecordingClient } from '../../../support/recording-client.ts';
import { KINDS } from './kinds.ts';
import { World } from './world.ts';

const FROM_NOTHING = [
  'create Secret orders-sealing',
  'create Secret orders-token',
  'apply PersistentVolumeClaim orders-data',
  'apply ServiceAccount orders',
  'apply Service orders',
  'apply NetworkPolicy orders',
  'apply Deployment orders',
  'mergePatch DumbKV orders/status',
];

/** The titles of what a new DumbKV with this spec leads to. */
async function writesFor(spec: object): Promise<string[]> {
  const world = new World(dumbkv({ spec }));
  await world.run();
  return world.client.writeTitles;
}

describe('from nothing', () => {
  it('the key comes before the data, what is mounted before the pod, the status last', async () => {
    expect(await writesFor({})).toEqual(FROM_NOTHING);
  });

  it('no token is made for an open instance', async () => {
    const titles = await writesFor({ auth: { type: 'None' } });
    expect(titles).toEqual(FROM_NOTHING.filter((title) => !title.includes('token')));
  });

  it('the Ingress comes last, so that nobody who refuses it keeps the pods away', async () => {
    const titles = await writesFor({ ingress: { host: 'orders.example.com' } });
    expect(titles).toEqual(FROM_NOTHING.toSpliced(7, 0, 'apply Ingress orders'));
  });

  it('a Postgres comes before the server, and its policy before both', async () => {
    const autoscaling = { minReplicas: 2, maxReplicas: 5 };
    const titles = await writesFor({ engine: 'postgres', replicas: 2, autoscaling });
    const at = FROM_NOTHING.indexOf('apply Deployment orders');
    expect(titles).toEqual([
      ...FROM_NOTHING.slice(0, at),
      'apply NetworkPolicy orders-postgres',
      'create Secret orders-postgres',
      'apply ConfigMap orders-postgres',
      'apply Service orders-postgres',
      'apply StatefulSet orders-postgres',
      'apply Deployment orders',
      'apply PodDisruptionBudget orders',
      'apply HorizontalPodAutoscaler orders',
      'mergePatch DumbKV orders/status',
    ]);
  });

  it('each thing that is made is told once', async () => {
    const world = new World();
    await world.run();
    const made = world.events.filter(({ reason }) => reason === 'Created').map(({ note }) => note);
    expect(made).toHaveLength(7);
    expect(new Set(made).size).toBe(7);
  });

  it('a live look goes before each thing that is made', async () => {
    const world = new World();
    await world.run();
    const calls = world.client.actions.map(({ verb, kind, name }) => `${verb} ${kind} ${name}`);
    for (const title of FROM_NOTHING.slice(0, -1)) {
      const [, kind, name] = title.split(' ');
      expect(calls.indexOf(`get ${kind} ${name}`)).toBeGreaterThanOrEqual(0);
      expect(calls.indexOf(`get ${kind} ${name}`)).toBeLessThan(calls.indexOf(title));
    }
  });

  it('the same is made again for a child that somebody deletes', async () => {
    const world = await new World().settle();
    world.client.drop(SERVICE, 'shop', 'orders');
    await world.run();
    expect(world.client.writeTitles).toEqual(['apply Service orders']);
  });
});

const KILLED = new Error('the operator was killed here');

/** A client that ends with its operator before or after its nth write; Events do not count. */
function mortal(client: RecordingClient, nth: number, when: 'before' | 'after'): KubeClient {
  let writes = 0;
  const dying = async <T>(isEvent: boolean, write: () => Promise<T>): Promise<T> => {
    if (isEvent) return write();
    writes += 1;
    if (writes === nth && when === 'before') throw KILLED;
    const result = await write();
    if (writes === nth && when === 'after') throw KILLED;
    return result;
  };
  return {
    get: (type, namespace, name) => client.get(type, namespace, name),
    list: () => client.list(),
    watch: () => client.watch(),
    replace: () => client.replace(),
    create: (type, object) => dying(type.kind === 'Event', () => client.create(type, object)),
    apply: (type, object, options) => dying(false, () => client.apply(type, object, options)),
    mergePatch: (...call) => dying(false, () => client.mergePatch(...call)),
    remove: (type, namespace, name, preconditions) =>
      dying(false, () => client.remove(type, namespace, name, preconditions)),
  };
}

/** What is there in the end, without what differs from run to run: versions, uids, keys and ids. */
function endState({ client, dumbkv: { status } }: World): unknown {
  const types = [CLAIM, SERVICE_ACCOUNT, SERVICE, INGRESS, DEPLOYMENT, SECRET];
  const objects = types.flatMap((type) => client.peekAll(type));
  const storeIds = new Set(
    objects.flatMap(({ metadata }) => metadata.labels?.['dumbkv.dev/store-id'] ?? []),
  );
  const fixed = objects.map(({ metadata, data, ...rest }) => {
    const { name, labels, ownerReferences } = metadata;
    return { ...rest, name, labels, ownerReferences, fields: Object.keys(data ?? {}) };
  });
  const text = JSON.stringify([fixed, status]);
  return [
    storeIds.size,
    JSON.parse([...storeIds].reduce((left, id) => left.replaceAll(id, 'id'), text)),
  ];
}

describe('killed at any write and started again', () => {
  const cases = KINDS.flatMap(([sentence, make]) =>
    [1, 2, 3, 4, 5, 6, 7, 8].flatMap((nth) =>
      (['before', 'after'] as const).map((when) => ({ sentence, make, nth, when })),
    ),
  );

  it.each(cases)(
    '$when write $nth, with $sentence, it ends the same',
    async ({ make, nth, when }) => {
      const [world, undisturbed] = [make(), await make().settle()];
      await world.run(mortal(world.client, nth, when)).catch((error: unknown) => {
        if (error !== KILLED) throw error;
      });
      await world.settle();
      expect(endState(world)).toEqual(endState(undisturbed));
    },
  );

  it('never makes a second key', async () => {
    for (const when of ['before', 'after'] as const) {
      const world = new World();
      await world.run(mortal(world.client, 3, when)).catch(() => {});
      const before = world.client.peek(SECRET, 'shop', 'orders-sealing')?.data;
      await world.settle();
      const data = world.client.peek(SECRET, 'shop', 'orders-sealing')?.data;
      expect(data).toMatchObject(before ?? {});
      const encoded = (data as { 'sealing-key': string })['sealing-key'];
      const [key] = parseSealingKeyFile(Buffer.from(encoded, 'base64').toString());
      const claim = world.client.peek(CLAIM, 'shop', 'orders-data');
      expect(claim?.metadata.annotations).toMatchObject({
        'dumbkv.dev/sealing-key-fingerprint': key?.id,
      });
    }
  });
});
