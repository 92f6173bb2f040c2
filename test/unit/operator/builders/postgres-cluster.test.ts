// The Cluster of CloudNativePG: what makes its writes durable is always there, and what the spec
// leaves out is CloudNativePG's to choose.
import { describe, expect, it } from 'vitest';
import type { DumbKV } from '../../../../crds/schema.ts';
import * as types from '../../../../operator/api/resources.ts';
import { dataHolder, dataSetMetadata } from '../../../../operator/builders/metadata.ts';
import { asksFor } from '../../../../operator/builders/optional-children.ts';
import { postgresCluster } from '../../../../operator/builders/postgres/cluster.ts';
import { storeSettings } from '../../../../operator/builders/store-settings.ts';
import { dumbkv, STORE } from '../../../support/objects.ts';
import { onCloudNativePg } from '../../../support/postgres-cluster.ts';

const on = (cloudNativePG?: object, rest: object = {}): DumbKV =>
  dumbkv({ spec: { ...onCloudNativePg(cloudNativePG), ...rest } });
const built = (object: DumbKV, live?: object, isAtRest = false) =>
  postgresCluster(object, STORE, { live: live && { metadata: { name: 'x' }, ...live }, isAtRest });
interface Spec {
  instances: number;
  imageName?: string;
  storage: Record<string, unknown>;
  postgresql: { parameters: Record<string, string>; synchronous?: object };
  affinity?: object;
}
const specOf = (...given: Parameters<typeof built>) => built(...given).spec as Spec;

describe('the Cluster', () => {
  it('carries the marks of the data set, as a claim does', () => {
    const { metadata, ...rest } = built(on());
    const asked = dataSetMetadata(on(), 'orders-postgres', STORE);
    expect(rest).toMatchObject({ apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster' });
    expect(metadata).toMatchObject(asked);
    expect(metadata.annotations?.['dumbkv.dev/engine']).toBe('postgres-cloudnativepg');
    expect(metadata.ownerReferences).toBeUndefined();
    const going = built(on(undefined, { deletionPolicy: 'Delete' }));
    expect(going.metadata.ownerReferences).toMatchObject([{ kind: 'DumbKV', name: 'orders' }]);
  });

  it('has three instances, and each write on one replica before it is acknowledged', () => {
    const { instances, postgresql, ...spec } = specOf(on());
    expect(instances).toBe(3);
    expect(postgresql.synchronous).toEqual({
      ...{ method: 'any', number: 1, dataDurability: 'required', failoverQuorum: true },
    });
    expect(spec).toMatchObject({ bootstrap: { initdb: { database: 'dumbkv', owner: 'dumbkv' } } });
    expect(spec).not.toHaveProperty('imageName');
    expect(spec).not.toHaveProperty('affinity');
    expect(spec).not.toHaveProperty('inheritedMetadata');
  });

  it.each([
    { asked: { instances: 1 }, number: undefined },
    { asked: { instances: 2 }, number: 1 },
    { asked: { instances: 3, synchronousReplicas: 0 }, number: undefined },
    { asked: { instances: 5, synchronousReplicas: 2 }, number: 2 },
  ])('waits for $number replicas where $asked are asked for', ({ asked, number }) => {
    const { instances, postgresql } = specOf(on(asked));
    expect(instances).toBe(asked.instances);
    expect(postgresql.synchronous).toEqual(
      number === undefined ? undefined : expect.objectContaining({ number }),
    );
  });

  it('is of the image that the spec names', () => {
    const image = 'registry.example.com/postgres:17.2';
    expect(specOf(on({ instances: 3, image })).imageName).toBe(image);
  });

  it('stays of the image that it has where the spec names none any more, or not yet', () => {
    const imageName = 'ghcr.io/cloudnative-pg/postgresql:16.4';
    expect(specOf(on(), { spec: { imageName } }).imageName).toBe(imageName);
    const image = 'registry.example.com/postgres:17.2';
    expect(specOf(on({ instances: 3, image }), { spec: { imageName } }).imageName).toBe(image);
    expect(specOf(on(), { spec: { imageCatalogRef: {} } })).not.toHaveProperty('imageName');
  });

  it('rests where no server needs it', () => {
    const annotation = 'cnpg.io/hibernation';
    expect(built(on()).metadata.annotations?.[annotation]).toBe('off');
    expect(built(on(), undefined, true).metadata.annotations?.[annotation]).toBe('on');
  });

  it('runs where the pods of the instance run, and is labelled as they are', () => {
    const template = {
      ...{ labels: { team: 'shop' }, nodeSelector: { disk: 'fast' }, priorityClassName: 'data' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      nodeRequirements: [{ key: 'b', operator: 'Exists' }],
    };
    const spec = specOf(on(undefined, { template }));
    expect(spec).toMatchObject({
      affinity: {
        nodeSelector: { disk: 'fast' },
        tolerations: template.tolerations,
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: expect.anything() },
      },
      priorityClassName: 'data',
      inheritedMetadata: { labels: { team: 'shop' } },
    });
    expect(spec).not.toHaveProperty('tolerations');
    expect(spec.affinity).not.toHaveProperty('priorityClassName');
  });
});

describe('the parameters', () => {
  const parametersOf = (size: string, parameters?: object) =>
    specOf(on({ instances: 3, ...(parameters && { parameters }) }, { storage: { size } }))
      .postgresql.parameters;

  it('keep the log within the volume, whatever replicas still need of it', () => {
    expect(parametersOf('1Gi')).toMatchObject({
      ...{ max_wal_size: '256MB', min_wal_size: '128MB' },
      ...{ wal_keep_size: '128MB', max_slot_wal_keep_size: '512MB' },
    });
    expect(parametersOf('1Ti')).toMatchObject({ max_wal_size: '1024MB', wal_keep_size: '512MB' });
  });

  it("are the user's where he names them", () => {
    const asked = { max_connections: '50', max_wal_size: '2GB', work_mem: '8MB' };
    expect(parametersOf('1Gi', asked)).toMatchObject(asked);
    // whose default is below any that goes with it
    expect(parametersOf('1Gi', asked)).not.toHaveProperty('min_wal_size');
    expect(parametersOf('1Gi').max_connections).toBe('200');
  });
});

describe('the volume of each instance', () => {
  const storageOf = (storage: object, live?: object) =>
    specOf(on(undefined, { storage }), live).storage;

  it('is as spec.storage says', () => {
    expect(storageOf({ size: '2Gi' })).toEqual({ size: '2Gi' });
    expect(storageOf({ size: '2Gi', className: '', accessMode: 'ReadWriteOncePod' })).toEqual({
      ...{ size: '2Gi', storageClass: '', pvcTemplate: { accessModes: ['ReadWriteOncePod'] } },
    });
  });

  it.each([
    ['grows', '3Gi', '3Gi'],
    ['never shrinks', '1Gi', '2Gi'],
    ['stays as it is spelt', '2Gi', '2Gi'],
  ])('%s', (_case, size, expected) => {
    expect(storageOf({ size }, { spec: { storage: { size: '2Gi' } } }).size).toBe(expected);
  });
});

describe('an instance on CloudNativePG', () => {
  it('has the Cluster hold its data, and mounts the Secret of the owner of the database', () => {
    expect(dataHolder(on())).toEqual({ type: types.POSTGRES_CLUSTER, name: 'orders-postgres' });
    expect(storeSettings(on()).volume).toMatchObject({
      secret: { secretName: 'orders-postgres-app', items: [{ key: 'uri', path: 'url' }] },
    });
    expect(dataHolder(dumbkv())?.type).toBe(types.CLAIM);
  });

  it('is one that asks for a kind that may be missing', () => {
    const asked = [types.POSTGRES_CLUSTER, types.HTTP_ROUTE, types.SERVICE];
    expect(asked.map((type) => asksFor(type, on()))).toEqual([true, false, false]);
    expect(asked.map((type) => asksFor(type, dumbkv()))).toEqual([false, false, false]);
  });
});
