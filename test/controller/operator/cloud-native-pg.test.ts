// The life of an instance whose Postgres CloudNativePG runs, on the real definition of its Cluster:
// the kind comes late, the servers after the Cluster, and the data outlives the instance.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  NETWORK_POLICY,
  POD,
  POSTGRES_CLUSTER,
  SECRET,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import { installClusters, removeClusters, runCluster } from '../../support/cloud-native-pg.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { clusterStatus } from '../../support/postgres-cluster.ts';
import { until } from '../../support/until.ts';
import { serve, settleIn, useOperator } from './operator-suite.ts';

const suite = useOperator();
const ON_CLUSTER = { engine: 'postgres', replicas: 2, postgres: { type: 'CloudNativePG' } };
const NAME = 'orders-postgres';
const settle = (place: Place) => settleIn(place, suite.run());

/** Makes one, and plays CloudNativePG and the rest until it serves. */
async function bringUp(place: Place, rest: ApiObject = {}): Promise<ApiObject> {
  await place.dumbkv('orders', { ...ON_CLUSTER, ...rest });
  await runCluster(place);
  return serve(place);
}

const hibernation = async (place: Place) =>
  (await place.get(POSTGRES_CLUSTER, NAME)).metadata.annotations['cnpg.io/hibernation'];

describe('where the API server does not know Clusters', () => {
  it('an instance waits for them, has no key before, and serves without a restart', async () => {
    const place = await suite.place();
    await place.dumbkv('orders', ON_CLUSTER);
    const missing = await place.untilReason('orders', 'DatabaseKindMissing', 'Stalled');
    expect(missing.message).toContain('Install CloudNativePG');
    expect((await place.conditions('orders')).DatabaseReady?.reason).toBe('DatabaseKindMissing');
    expect(await place.find(SECRET, 'orders-sealing')).toBeUndefined();
    await installClusters(suite.controlPlane());
    await runCluster(place);
    const { status } = await serve(place);
    expect(status.conditions.map(({ type }: ApiObject) => type)).toEqual([
      ...['Ready', 'DatabaseReady', 'Reachable'],
    ]);
    await removeClusters(suite.controlPlane());
    await place.untilReason('orders', 'DatabaseKindMissing', 'DatabaseReady');
    expect((await place.get(DEPLOYMENT, 'orders')).spec.replicas).toBe(2);
  });
});

describe('an instance on CloudNativePG', () => {
  beforeAll(() => installClusters(suite.controlPlane()));

  it('is written as the real definition has it, once', async () => {
    const place = await suite.place();
    await bringUp(place, {
      storage: { size: '2Gi', className: 'fast', accessMode: 'ReadWriteOncePod' },
      template: { labels: { team: 'shop' }, nodeSelector: { disk: 'fast' } },
    });
    const { spec, metadata } = await place.get(POSTGRES_CLUSTER, NAME);
    expect(spec).toMatchObject({
      instances: 3,
      storage: { size: '2Gi', storageClass: 'fast' },
      postgresql: { synchronous: { method: 'any', number: 1, failoverQuorum: true } },
      affinity: { nodeSelector: { disk: 'fast' } },
      inheritedMetadata: { labels: { team: 'shop' } },
    });
    expect(spec.storage.pvcTemplate).toEqual({ accessModes: ['ReadWriteOncePod'] });
    await settle(place);
    const writes = suite.run().client.writes(place.namespace).length;
    await place.touch('orders');
    await settle(place);
    expect(suite.run().client.writes(place.namespace)).toHaveLength(writes);
    expect((await place.get(POSTGRES_CLUSTER, NAME)).metadata).toEqual(metadata);
    for (const type of [STATEFUL_SET, NETWORK_POLICY]) {
      expect(await place.find(type, NAME), type.kind).toBeUndefined();
    }
    expect(await place.find(CLAIM, 'orders-data')).toBeUndefined();
  });

  it('leaves what CloudNativePG and others add as it is', async () => {
    const place = await suite.place();
    await bringUp(place);
    const added = {
      imageName: 'ghcr.io/cloudnative-pg/postgresql:18',
      postgresql: { parameters: { wal_level: 'logical' } },
      backup: { retentionPolicy: '30d' },
    };
    await place.change(POSTGRES_CLUSTER, NAME, { spec: added });
    const cloudNativePG = { parameters: { work_mem: '8MB' } };
    await place.change(DUMBKV, 'orders', { spec: { postgres: { cloudNativePG } } });
    await serve(place);
    const { spec } = await place.get(POSTGRES_CLUSTER, NAME);
    expect(spec).toMatchObject(added);
    expect(spec.postgresql.parameters.work_mem).toBe('8MB');
  });

  it('has servers once CloudNativePG has made what they need, and is ready with it', async () => {
    const place = await suite.place();
    await place.dumbkv('orders', ON_CLUSTER);
    await place.untilReason('orders', 'DatabaseNotReady');
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    await runCluster(place, 'orders', { phase: 'Setting up primary' });
    await until('CloudNativePG is quoted', async () => {
      return (await place.conditions('orders')).Ready?.message.includes('Setting up primary');
    });
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    await runCluster(place);
    const deployment = await until('there are servers', () => place.find(DEPLOYMENT, 'orders'));
    const { volumes } = deployment.spec.template.spec;
    const { secret } = volumes.find(({ name }: ApiObject) => name === 'database');
    expect(secret).toMatchObject({ secretName: `${NAME}-app`, items: [{ key: 'uri' }] });
    await serve(place);
    await runCluster(place, 'orders', { phase: 'Failing over', targetPrimary: 'pending' });
    await place.untilReason('orders', 'DatabaseNotReady');
    await runCluster(place, 'orders', clusterStatus(2));
    await place.untilReason('orders', 'DatabaseDegraded', 'DatabaseReady');
    await place.untilReason('orders', 'Available');
  });

  it('has its Cluster rest after its servers, and wake before it is ready', async () => {
    const place = await suite.place();
    await bringUp(place);
    await place.change(DUMBKV, 'orders', { spec: { suspended: true } });
    await until('the servers are asked to go', async () => {
      return (await place.get(DEPLOYMENT, 'orders')).spec.replicas === 0;
    });
    expect((await place.list(POD)).length).toBe(2);
    expect(await hibernation(place)).toBe('off');
    await settle(place);
    expect(await place.list(POD)).toEqual([]);
    expect(await hibernation(place)).toBe('on');
    await place.change(DUMBKV, 'orders', { spec: { suspended: false } });
    await serve(place);
    expect(await hibernation(place)).toBe('off');
  });
});

describe('the data of an instance on CloudNativePG', () => {
  const keyOf = async (place: Place) => (await place.get(SECRET, 'orders-sealing')).data;

  it('outlives the instance, and is adopted with its key', async () => {
    const place = await suite.place();
    await bringUp(place);
    const [cluster, key] = [await place.get(POSTGRES_CLUSTER, NAME), await keyOf(place)];
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    expect(await place.find(SECRET, `${NAME}-app`)).toBeDefined();
    await bringUp(place, { storage: { size: '3Gi' } });
    const adopted = await place.get(POSTGRES_CLUSTER, NAME);
    expect(adopted.metadata.uid).toBe(cluster.metadata.uid);
    expect(adopted.spec.storage.size).toBe('3Gi');
    expect(await keyOf(place)).toEqual(key);
  });

  it('goes with the instance under Delete', async () => {
    const place = await suite.place();
    const { status } = await bringUp(place, { deletionPolicy: 'Delete' });
    expect(status.deletionPolicy).toBe('Delete');
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    expect(await place.find(POSTGRES_CLUSTER, NAME)).toBeUndefined();
    expect(await place.find(SECRET, 'orders-sealing')).toBeUndefined();
  });

  it("is never somebody else's Cluster, or a Secret that was not made for it", async () => {
    const place = await suite.place();
    const theirs = { instances: 1, storage: { size: '1Gi' } };
    await place.make(POSTGRES_CLUSTER, { metadata: { name: NAME }, spec: theirs });
    await place.dumbkv('orders', ON_CLUSTER);
    const { message } = await place.untilReason('orders', 'NameConflict', 'Stalled');
    expect(message).toContain(`Cluster "${NAME}" exists and is not made by this operator`);
    expect((await place.get(POSTGRES_CLUSTER, NAME)).spec).toMatchObject(theirs);
    await place.remove(POSTGRES_CLUSTER, NAME);
    await place.make(SECRET, { metadata: { name: `${NAME}-app` }, stringData: { uri: 'a' } });
    await place.untilReason('orders', 'DatabaseSecretInvalid', 'Stalled');
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
  });
});
