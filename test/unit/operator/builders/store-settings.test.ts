// What a server pod is told of its database, for each place that it can be in, and what follows
// from several pods on one database.
import { describe, expect, it } from 'vitest';
import { deployment } from '../../../../operator/builders/deployment.ts';
import { disruptionBudget } from '../../../../operator/builders/disruption-budget.ts';
import { dataPlace, hasVolume, runsPostgres } from '../../../../operator/builders/engine.ts';
import { storeSettings } from '../../../../operator/builders/store-settings.ts';
import { dumbkv, onExternal } from '../../../support/objects.ts';
import { environmentOf, podOf, settings } from './pod.ts';

const managed = { engine: 'postgres', replicas: 2 };

describe('the place of the data', () => {
  it.each([
    ['sqlite', {}, { hasVolume: true, runsPostgres: false }],
    ['postgres', managed, { hasVolume: true, runsPostgres: true }],
    ['postgres-external', onExternal, { hasVolume: false, runsPostgres: false }],
  ])('is %s', (place, spec, facts) => {
    const object = dumbkv({ spec });
    expect(dataPlace(object)).toBe(place);
    expect({ hasVolume: hasVolume(object), runsPostgres: runsPostgres(object) }).toEqual(facts);
  });
});

describe('the server', () => {
  it('is given the file on its volume', () => {
    expect(storeSettings(dumbkv()).environment).toEqual({
      DATABASE_TYPE: 'sqlite',
      DATABASE_LOCATION: '/data/dumbkvstore/dumbkv.db',
    });
  });

  it.each([
    ['our own Secret', managed, { secretName: 'orders-postgres', key: 'url' }],
    ["the user's", onExternal, { secretName: 'my-database', key: 'url' }],
  ])('is given the URL as a file from %s', (_sentence, spec, { secretName, key }) => {
    const pod = podOf(spec);
    const environment = environmentOf(pod);
    expect(environment).toMatchObject({
      DATABASE_TYPE: 'postgres',
      DATABASE_LOCATION_FILE: '/etc/dumbkv/database/url',
    });
    expect(environment).not.toHaveProperty('DATABASE_LOCATION');
    const items = [{ key, path: 'url' }];
    expect(pod.volumes).toContainEqual({
      name: 'database',
      secret: { secretName, defaultMode: 0o440, items },
    });
    expect(JSON.stringify(pod)).not.toContain('persistentVolumeClaim');
  });

  it('has as many connections as are asked for', () => {
    const postgres = { type: 'Managed', pool: { maxOpen: 10, maxIdle: 0 } };
    expect(environmentOf(podOf({ ...managed, postgres }))).toMatchObject({
      DATABASE_POOL_MAX: '10',
      DATABASE_POOL_IDLE: '0',
    });
    expect(environmentOf(podOf(managed))).not.toHaveProperty('DATABASE_POOL_MAX');
  });
});

describe('several pods', () => {
  it('replace each other while others serve, and go to different nodes', () => {
    const { spec } = deployment(dumbkv({ spec: managed }), settings);
    expect(spec).toMatchObject({
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    const pod = podOf(managed) as unknown as Record<string, object[]>;
    expect(pod.topologySpreadConstraints).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
    ]);
    expect(pod.containers?.[0]).toMatchObject({
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
    });
  });

  it('are what one pod on a file is not', () => {
    const pod = podOf() as unknown as Record<string, object[]>;
    expect(pod).not.toHaveProperty('topologySpreadConstraints');
    expect(pod.containers?.[0]).not.toHaveProperty('lifecycle');
    expect(deployment(dumbkv(), settings).spec).toMatchObject({ strategy: { type: 'Recreate' } });
  });

  it.each([
    ['one pod', { ...managed, replicas: 1 }],
    ['pods that sleep', { ...managed, suspended: true }],
    ['a file', {}],
  ])('have no budget for disruptions with %s', (_sentence, spec) => {
    expect(disruptionBudget(dumbkv({ spec }))).toBeUndefined();
  });

  it('are drained one at a time, and never kept for being broken', () => {
    expect(disruptionBudget(dumbkv({ spec: managed }))?.spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: {
        matchLabels: { 'app.kubernetes.io/name': 'dumbkv', 'app.kubernetes.io/instance': 'orders' },
      },
    });
  });
});
