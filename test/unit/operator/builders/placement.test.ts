// What a user says of pods: it is on server and Postgres, in the shape that Kubernetes asks for,
// and never in place of what is ours.
import { describe, expect, it } from 'vitest';
import { deployment } from '../../../../operator/builders/deployment.ts';
import { ingress } from '../../../../operator/builders/ingress.ts';
import {
  dataSetMetadata,
  labelsFor,
  ownedMetadata,
} from '../../../../operator/builders/metadata.ts';
import { podTemplate } from '../../../../operator/builders/pod-template.ts';
import { postgresStatefulSet } from '../../../../operator/builders/postgres/stateful-set.ts';
import { tokenSecret } from '../../../../operator/builders/secret.ts';
import { service, serviceAccount } from '../../../../operator/builders/service.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { dumbkv, exposedDumbkv, STORE } from '../../../support/objects.ts';
import { settings } from './pod.ts';

const template = {
  labels: { team: 'shop', 'dumbkv.dev/instance': 'stolen' },
  annotations: { 'prometheus.io/scrape': 'true', 'dumbkv.dev/restart': 'forged' },
  nodeSelector: { disk: 'fast' },
  nodeRequirements: [{ key: 'spot', operator: 'DoesNotExist' }],
  tolerations: [{ key: 'data', operator: 'Exists' }],
  priorityClassName: 'data',
  imagePullSecrets: [{ name: 'registry' }],
};
const placed = {
  nodeSelector: { disk: 'fast' },
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'spot', operator: 'DoesNotExist' }] }],
      },
    },
  },
  tolerations: [{ key: 'data', operator: 'Exists' }],
  priorityClassName: 'data',
  imagePullSecrets: [{ name: 'registry' }],
};
const [plain, asked] = [dumbkv(), dumbkv({ spec: { template } })];
const serverOf = (object = asked) => podTemplate(object, settings);
const postgresOf = (object = asked) => {
  const postgres = { image: 'postgres:17', credentialsUid: 'uid-1' };
  return (postgresStatefulSet(object, postgres).spec as { template: object }).template;
};

describe.each([
  ['server', serverOf],
  ['Postgres', postgresOf],
])('the pod of the %s', (_name, podOf) => {
  it('runs where it is asked to, with what else it was', () => {
    expect(podOf()).toMatchObject({ spec: { ...placed, automountServiceAccountToken: false } });
    const { spec } = podOf(plain) as { spec: object };
    for (const field of Object.keys(placed)) expect(spec).not.toHaveProperty(field);
  });

  it('has the labels and annotations that are asked for, below those that are ours', () => {
    const { metadata } = podOf() as KubeObject;
    expect(metadata.labels).toMatchObject({ team: 'shop', 'dumbkv.dev/instance': 'orders' });
    expect(metadata.annotations).toMatchObject({ 'prometheus.io/scrape': 'true' });
    const ours = (podOf(plain) as KubeObject).metadata;
    expect(metadata.labels).toMatchObject(ours.labels ?? {});
    expect(metadata.annotations).toMatchObject(ours.annotations ?? {});
  });
});

describe('the spreading of server pods', () => {
  const topologySpreadConstraints = [
    { topologyKey: 'rack', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' },
  ];

  it.each(['sqlite', 'postgres'])('is as asked, among the pods of the instance (%s)', (engine) => {
    const object = dumbkv({ spec: { engine, template: { topologySpreadConstraints } } });
    expect(serverOf(object).spec).toMatchObject({
      topologySpreadConstraints: [
        {
          ...topologySpreadConstraints[0],
          labelSelector: { matchLabels: { 'app.kubernetes.io/instance': 'orders' } },
          matchLabelKeys: ['pod-template-hash'],
        },
      ],
    });
  });

  it('is loose over nodes and zones where nothing is asked, but on sqlite', () => {
    const onPostgres = serverOf(dumbkv({ spec: { engine: 'postgres' } })).spec;
    expect(onPostgres).toMatchObject({
      topologySpreadConstraints: [
        { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
        { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1 },
      ],
    });
    expect(serverOf(plain).spec).not.toHaveProperty('topologySpreadConstraints');
  });
});

describe('labels', () => {
  it('are on every child, and never in place of ours', () => {
    const exposed = { ...asked, spec: { ...asked.spec, ingress: { host: 'a.example.com' } } };
    const metadata = [
      ...[serviceAccount(asked), service(asked), deployment(asked, settings), ingress(exposed)],
      ...[tokenSecret(asked, 'token'), { metadata: ownedMetadata(asked, 'x') }],
      { metadata: dataSetMetadata(asked, 'orders-data', STORE) },
    ].map((child) => child?.metadata.labels);
    for (const labels of metadata)
      expect(labels).toMatchObject({ ...labelsFor('orders'), team: 'shop' });
  });

  it('do not reach what selects', () => {
    expect(deployment(asked, settings).spec).toMatchObject({
      selector: (deployment(plain, settings).spec as { selector: object }).selector,
    });
    expect(service(asked).spec).toEqual(service(plain).spec);
    expect(ingress(exposedDumbkv())?.metadata.labels).not.toHaveProperty('team');
  });
});
