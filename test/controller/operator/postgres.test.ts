// The life of an instance on Postgres, as its status and its children tell it: made in order,
// scaled, stopped, started anew for other parameters, deleted, and adopted with another password.
import { describe, expect, it } from 'vitest';
import {
  AUTOSCALER,
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  DISRUPTION_BUDGET,
  DUMBKV,
  NETWORK_POLICY,
  POD,
  SECRET,
  SERVICE,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import { ClusterActors } from '../../support/cluster-actors.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, makeChildren, serve, settleIn, useOperator } from './operator-suite.ts';

const suite = useOperator();
const MANAGED = { engine: 'postgres', replicas: 2 };
const external = { urlSecretRef: { name: 'my-database' } };
const EXTERNAL = { ...MANAGED, postgres: { type: 'External', external } };
const OF_POSTGRES = [SECRET, CONFIG_MAP, SERVICE, NETWORK_POLICY, STATEFUL_SET];
const URL = 'postgres://app:s3cret@db.example.com/app';

const settle = (place: Place) => settleIn(place, suite.run());

const decoded = async (place: Place, name: string, field: string): Promise<string> => {
  const { data } = await place.get(SECRET, name);
  return Buffer.from(data[field], 'base64').toString();
};

/** A Secret with a URL, as a user makes it. */
const makeUrl = (place: Place, fields: ApiObject = {}): Promise<ApiObject> =>
  place.make(SECRET, {
    metadata: { name: 'my-database', labels: { 'dumbkv.dev/instance': 'orders' } },
    stringData: { url: URL },
    ...fields,
  });

describe.concurrent('an instance on managed Postgres', () => {
  it('waits for its Postgres, says so, and serves with several pods', async () => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    await makeChildren(place, MANAGED);
    await actors.bindClaims();
    await until('the claim is bound', async () => {
      const { StorageReady } = await place.conditions('orders');
      return StorageReady?.reason === 'Bound';
    });
    await actors.startPostgresIn('orders', { state: { waiting: { reason: 'ImagePullBackOff' } } });
    const failing = await place.untilReason('orders', 'ImagePullFailed');
    expect(failing.message).toMatch(/^Postgres: /);
    expect((await place.conditions('orders')).DatabaseReady?.reason).toBe('ImagePullFailed');
    const { status } = await serve(place);
    expect(status).toMatchObject({ replicas: 2, readyReplicas: 2 });
    expect(status.conditions.map(({ type }: ApiObject) => type)).toEqual([
      ...['Ready', 'StorageReady', 'DatabaseReady', 'Reachable'],
    ]);
    const { DatabaseReady } = await place.conditions('orders');
    expect(DatabaseReady).toMatchObject({ status: 'True', reason: 'DatabaseAnswers' });
  });

  it('has a URL with the password and the address of its own Postgres', async () => {
    const place = await suite.place();
    await bringUp(place, MANAGED);
    const password = await decoded(place, 'orders-postgres', 'password');
    expect(password).toMatch(/^[\w-]{32}$/);
    const host = `orders-postgres.${place.namespace}.svc`;
    const url = await decoded(place, 'orders-postgres', 'url');
    expect(url).toBe(`postgres://dumbkv:${password}@${host}:5432/dumbkv`);
    const { ports, selector } = (await place.get(SERVICE, 'orders-postgres')).spec;
    const { template } = (await place.get(STATEFUL_SET, 'orders-postgres')).spec;
    expect(template.metadata.labels).toMatchObject(selector);
    expect(ports).toMatchObject([{ port: 5432, targetPort: 'postgres' }]);
    const { selector: ofServer } = (await place.get(SERVICE, 'orders')).spec;
    expect(template.metadata.labels).not.toMatchObject(ofServer);
  });

  it('has a budget from two pods on, and none for one', async () => {
    const place = await suite.place();
    await bringUp(place, MANAGED);
    const { spec } = await place.get(DISRUPTION_BUDGET, 'orders');
    expect(spec).toMatchObject({ maxUnavailable: 1 });
    await place.change(DUMBKV, 'orders', { spec: { replicas: 1 } });
    // it is Ready while the number of its pods changes
    await settle(place);
    expect((await serve(place)).status.replicas).toBe(1);
    expect(await place.find(DISRUPTION_BUDGET, 'orders')).toBeUndefined();
    await place.change(DUMBKV, 'orders', { spec: { replicas: 3 } });
    await settle(place);
    expect((await serve(place)).status.readyReplicas).toBe(3);
    expect(await place.find(DISRUPTION_BUDGET, 'orders')).toBeDefined();
  });

  it('stops with its Postgres when suspended, and keeps all else', async () => {
    const place = await suite.place();
    await bringUp(place, MANAGED);
    const password = await decoded(place, 'orders-postgres', 'password');
    await place.change(DUMBKV, 'orders', { spec: { suspended: true } });
    await place.untilReason('orders', 'Suspended');
    // nobody plays the cluster yet, so the pods of the server are still there
    await suite.settled(place);
    const wanted = async (type: ResourceType, name: string) =>
      (await place.get(type, name)).spec.replicas;
    expect(await wanted(DEPLOYMENT, 'orders')).toBe(0);
    expect(await wanted(STATEFUL_SET, 'orders-postgres')).toBe(1);
    await settle(place);
    for (const [type, name] of [
      [STATEFUL_SET, 'orders-postgres'],
      [DEPLOYMENT, 'orders'],
    ] as const) {
      const { spec, status } = await place.get(type, name);
      expect([type.kind, spec.replicas, status.replicas ?? 0]).toEqual([type.kind, 0, 0]);
    }
    const { DatabaseReady } = await place.conditions('orders');
    expect(DatabaseReady).toMatchObject({ status: 'False', reason: 'DatabaseNotReady' });
    for (const type of OF_POSTGRES) expect(await place.find(type, 'orders-postgres')).toBeDefined();
    await place.change(DUMBKV, 'orders', { spec: { suspended: false } });
    await serve(place);
    expect(await decoded(place, 'orders-postgres', 'password')).toBe(password);
  });

  it('is scaled by an autoscaler, through the scale of the DumbKV', async () => {
    const place = await suite.place();
    await bringUp(place, { ...MANAGED, autoscaling: { minReplicas: 2, maxReplicas: 4 } });
    const { scaleTargetRef } = (await place.get(AUTOSCALER, 'orders')).spec;
    expect(scaleTargetRef).toEqual({
      ...{ apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV', name: 'orders' },
    });
    const path = `/apis/dumbkv.dev/v1alpha1/namespaces/${place.namespace}/dumbkvs/orders/scale`;
    const { body } = await place.call('GET', path);
    expect(body).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 2 } });
    const pods = await place.list(POD);
    const selected = pods.filter(({ metadata }) =>
      body.status.selector
        .split(',')
        .every((pair: string) => metadata.labels[pair.split('=')[0] ?? ''] === pair.split('=')[1]),
    );
    expect(selected.map(({ metadata }) => metadata.generateName ?? '')).toEqual([
      expect.stringMatching(/^orders-/),
      expect.stringMatching(/^orders-/),
    ]);
    await place.call('PATCH', path, { spec: { replicas: 4 } });
    const conditions = [{ type: 'ScalingActive', status: 'True' }].map((one) => ({
      ...{ ...one, reason: 'ValidMetricFound', message: 'it could be told' },
    }));
    const known = { currentReplicas: 2, desiredReplicas: 4, currentMetrics: null };
    await place.setStatus(AUTOSCALER, 'orders', { ...known, conditions });
    expect((await serve(place)).spec.replicas).toBe(4);
    await place.untilReason('orders', 'ScalingActive', 'Autoscaling');
    await place.change(DUMBKV, 'orders', { spec: { suspended: true } });
    await place.untilReason('orders', 'ScalingStopped', 'Autoscaling');
    await settle(place);
    expect(await place.find(AUTOSCALER, 'orders')).toBeUndefined();
    expect((await place.get(DUMBKV, 'orders')).spec.replicas).toBe(4);
  });

  it('starts Postgres anew for other parameters, and the server not', async () => {
    const place = await suite.place();
    await bringUp(place, MANAGED);
    const templates = () =>
      Promise.all(
        [place.get(DEPLOYMENT, 'orders'), place.get(STATEFUL_SET, 'orders-postgres')].map(
          async (found) => (await found).spec.template,
        ),
      );
    const before = await templates();
    const parameters = { work_mem: "it's" };
    await place.change(DUMBKV, 'orders', { spec: { postgres: { managed: { parameters } } } });
    await serve(place);
    const { data } = await place.get(CONFIG_MAP, 'orders-postgres');
    expect(data['postgresql.conf']).toContain("work_mem = 'it''s'\n");
    const after = await templates();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
  });
});

describe.concurrent('the data of an instance on managed Postgres', () => {
  it('is adopted with its claim and key, and with a new password', async () => {
    const place = await suite.place();
    await bringUp(place, MANAGED);
    const parts = () =>
      Promise.all([
        place.get(CLAIM, 'orders-data').then(({ metadata }) => metadata.uid),
        decoded(place, 'orders-sealing', 'sealing-key'),
      ]);
    const before = await parts();
    const password = await decoded(place, 'orders-postgres', 'password');
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    for (const type of OF_POSTGRES) {
      expect(await place.find(type, 'orders-postgres'), type.kind).toBeUndefined();
    }
    await bringUp(place, MANAGED);
    expect(await parts()).toEqual(before);
    expect(await decoded(place, 'orders-postgres', 'password')).not.toBe(password);
  });

  it('goes with the instance under Delete, all of it', async () => {
    const place = await suite.place();
    await bringUp(place, { ...MANAGED, deletionPolicy: 'Delete' });
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    expect(await place.find(CLAIM, 'orders-data')).toBeUndefined();
    expect(await place.find(SECRET, 'orders-sealing')).toBeUndefined();
    for (const type of OF_POSTGRES) {
      expect(await place.find(type, 'orders-postgres'), type.kind).toBeUndefined();
    }
  });

  it.each([
    { kept: {}, asked: MANAGED, engines: ['sqlite', 'postgres'] },
    { kept: MANAGED, asked: {}, engines: ['postgres', 'sqlite'] },
    { kept: {}, asked: EXTERNAL, engines: ['sqlite', 'postgres-external'] },
  ])('is refused where it is of another engine: $engines', async ({ kept, asked, engines }) => {
    const place = await suite.place();
    await makeUrl(place);
    await bringUp(place, kept);
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    const claim = await place.get(CLAIM, 'orders-data');
    await place.dumbkv('orders', asked);
    const { message } = await place.untilReason('orders', 'AdoptionRefused', 'Stalled');
    expect(message).toContain(`of the engine "${engines[0]}", not "${engines[1]}"`);
    await settle(place);
    expect(await place.get(CLAIM, 'orders-data')).toEqual(claim);
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    expect(await place.find(STATEFUL_SET, 'orders-postgres')).toBeUndefined();
  });
});
