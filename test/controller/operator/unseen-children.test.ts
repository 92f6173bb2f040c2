// A policy that overrides the label by which the operator watches: it does not see such a child,
// and brings it in step, tells of it and lets go of it all the same.
import { describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT, DUMBKV, INGRESS, SECRET } from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, serve, settledIn, useOperator } from './operator-suite.ts';

const PACE = 10;
const MANAGED_BY = 'app.kubernetes.io/managed-by';
const IMAGE = 'images.example/dumbkv-server:2';
const suite = useOperator(
  { environment: { WATCH_NAMESPACES: 'nobody-is-here' } },
  {
    apiServerArguments: [
      '--feature-gates=MutatingAdmissionPolicy=true',
      '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
    ],
  },
);

/** A policy that says of every object of a kind, at each write, that the platform keeps it. */
async function relabel(place: Place, { group, version, plural }: ResourceType): Promise<void> {
  const api = '/apis/admissionregistration.k8s.io/v1beta1';
  const name = `relabel-${plural}-${place.namespace}`;
  const rule = { apiGroups: [group], apiVersions: [version], resources: [plural] };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } };
  const labels = `Object.metadata{labels: {"${MANAGED_BY}": "platform"}}`;
  const made = await place.call('POST', `${api}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [{ ...rule, operations: ['CREATE', 'UPDATE'] }],
        namespaceSelector,
      },
      reinvocationPolicy: 'Never',
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: { expression: `Object{metadata: ${labels}}` },
        },
      ],
    },
  });
  expect(made.status, made.body.message).toBe(201);
  const bound = await place.call('POST', `${api}/mutatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name },
  });
  expect(bound.status, bound.body.message).toBe(201);
}

/** Waits until every policy holds, by an object of each kind that nobody asks for. */
async function untilRelabelled(place: Place, type: ResourceType, spec: object): Promise<void> {
  await until(`the policy on ${type.kind} holds`, async () => {
    const { metadata } = await place.make(type, { metadata: { name: 'probe' }, spec });
    await place.remove(type, 'probe');
    return metadata.labels?.[MANAGED_BY] === 'platform';
  });
}

const SPECS: [ResourceType, object][] = [
  [
    DEPLOYMENT,
    {
      selector: { matchLabels: { app: 'probe' } },
      template: {
        metadata: { labels: { app: 'probe' } },
        spec: { containers: [{ name: 'probe', image: 'probe' }] },
      },
    },
  ],
  [INGRESS, { defaultBackend: { service: { name: 'probe', port: { number: 80 } } } }],
];

/** A place whose claims, Deployments and Ingresses get another label. */
async function relabelled() {
  const place = await suite.place();
  await relabel(place, CLAIM);
  for (const [type, spec] of SPECS) {
    await relabel(place, type);
    await untilRelabelled(place, type, spec);
  }
  const environment = { WATCH_NAMESPACES: place.namespace, IMAGE_PREFIXES: 'images.example' };
  const run = suite.start({ environment, clock: hurriedClock(PACE) });
  await run.synced();
  return { place, run };
}

describe.concurrent('children that no watch shows', () => {
  it('are made, told of, and follow what is asked', async () => {
    const { place, run } = await relabelled();
    await bringUp(place, { ingress: { host: 'orders.example.com' } });
    expect((await place.get(DEPLOYMENT, 'orders')).metadata.labels[MANAGED_BY]).toBe('platform');
    expect((await place.get(CLAIM, 'orders-data')).metadata.labels[MANAGED_BY]).toBe('platform');
    await place.change(DUMBKV, 'orders', { spec: { image: IMAGE, ingress: null } });
    await until('the Deployment has the image', async () => {
      const { spec } = await place.get(DEPLOYMENT, 'orders');
      return spec.template.spec.containers[0].image === IMAGE;
    });
    await until('the Ingress is gone', async () => !(await place.find(INGRESS, 'orders')));
    expect((await serve(place)).status).toMatchObject({ replicas: 1, readyReplicas: 1 });
    await run.stop();
  });

  it('are let go of under Retain', async () => {
    const { place, run } = await relabelled();
    await bringUp(place, { deletionPolicy: 'Delete' });
    expect((await place.get(CLAIM, 'orders-data')).metadata.ownerReferences).toHaveLength(1);
    await place.change(DUMBKV, 'orders', { spec: { deletionPolicy: 'Retain' } });
    await serve(place);
    await settledIn(place, run);
    for (const [type, name] of [
      [CLAIM, 'orders-data'],
      [SECRET, 'orders-sealing'],
    ] as const) {
      expect((await place.get(type, name)).metadata).not.toHaveProperty('ownerReferences');
    }
    expect((await place.get(DUMBKV, 'orders')).status.deletionPolicy).toBe('Retain');
    await run.stop();
  });
});
