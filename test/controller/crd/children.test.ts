// What the CRD takes, a real API server takes of the children too, and gives back as it was asked.
// The samples are odd on purpose: a gap between our rules and Kubernetes' own shows here first.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DumbKV } from '../../../crds/schema.ts';
import {
  AUTOSCALER,
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  INGRESS,
  NETWORK_POLICY,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import { contains } from '../../../operator/apply/contains.ts';
import { autoscaler } from '../../../operator/builders/autoscaler.ts';
import { claim } from '../../../operator/builders/claim.ts';
import { deployment } from '../../../operator/builders/deployment.ts';
import { ingress } from '../../../operator/builders/ingress.ts';
import { APPLIED_HASH_ANNOTATION } from '../../../operator/builders/metadata.ts';
import { networkPolicy } from '../../../operator/builders/network-policy.ts';
import { postgresConfigMap } from '../../../operator/builders/postgres/config-map.ts';
import { postgresStatefulSet } from '../../../operator/builders/postgres/stateful-set.ts';
import {
  type KubeObject,
  type ResourceType,
  resourcePath,
} from '../../../operator/kube/resource.ts';
import { type Call, clientOf } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { SERVER_IMAGE, STORE } from '../../support/objects.ts';
import { dumbkv, makeNamespace, pathOf, type Spec } from './object.ts';

const SAMPLES = 100;
const ACCEPTED_MIN = 10;
const NAMESPACE = 'children';
const controlPlane = useControlPlane();
let call: Call;

beforeAll(async () => {
  call = clientOf(controlPlane());
  await makeNamespace(call, NAMESPACE);
});

/** Words made of these parts, most of which are right somewhere and wrong somewhere else. */
const oddWord = (...parts: string[]) =>
  fc.array(fc.constantFrom(...parts), { maxLength: 5 }).map((list) => list.join(''));
const LONG = ['a'.repeat(62), 'a'.repeat(63), `${'a'.repeat(60)}.`];
const oddName = oddWord('a', '0', '-', '.', 'a.b', 'A', '_', '/', 'é', ' ', ...LONG);
const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('a', 'a.b', '0') }, oddName);
const host = fc.oneof({ weight: 3, arbitrary: fc.constant('a.example.com') }, oddName);
const annotation = fc.oneof(
  oddName,
  fc.tuple(oddName, oddName).map((parts) => parts.join('/')),
  fc.constantFrom('kubernetes.io/ingress.class', 'cert-manager.io/issuer', 'example.com/A_b.c'),
  fc.integer({ min: 60, max: 64 }).map((length) => 'n'.repeat(length)),
  fc.integer({ min: 250, max: 255 }).map((length) => `${'a.'.repeat(length / 2)}ab/x`),
);
const digits = oddWord('1', '0', '7', '.', '250', '-', '+', '1024', '.0000000001');
const suffix = fc.constantFrom(
  ...['', '', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Mi', 'Gi', 'Gi', 'Ti', 'n', 'u', 'E', 'Ei', 'i'],
  ...['e3', 'e9', 'E-1', 'e+2', 'e', 'e12', 'e100'],
);
const quantity = fc.tuple(digits, suffix).map((parts) => parts.join(''));
const image = oddWord('a', 'A', '0', '.', '-', '_', '__', '/', ':', ':1', '@', 'b.c:50/', '[::1]/');
const some = <T extends object>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(parts, { requiredKeys: [] });

const amounts = some({ cpu: quantity, memory: quantity });
const exposure = fc.record(
  {
    host,
    className: name,
    annotations: fc.dictionary(annotation, oddName, { maxKeys: 2 }),
    tls: some({ secretName: name, clusterIssuer: name, issuer: name }),
  },
  { requiredKeys: ['host'] },
);
const storage = some({ size: quantity, className: name, volumeName: name });
const labels = fc.dictionary(annotation, fc.oneof(name, oddName), { maxKeys: 2 });
const callers = fc.record({
  from: fc.array(some({ namespaceLabels: labels, podLabels: labels }), { maxLength: 2 }),
});
const parameters = fc.dictionary(
  fc.oneof(fc.constantFrom('work_mem', 'a.b'), oddName),
  oddWord('a', "'", ' ', '8MB', '#', 'é'),
  { maxKeys: 2 },
);
const count = fc.integer({ min: -1, max: 101 });
const scaling = fc.record(
  { minReplicas: count, maxReplicas: count, targetCPUUtilizationPercentage: count },
  { requiredKeys: ['maxReplicas'] },
);
const onPostgres = (managed: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({
    engine: fc.constant('postgres'),
    postgres: fc.record({ managed: fc.record(managed) }),
  });
const settings = { image: SERVER_IMAGE, storeId: STORE.storeId };

interface Child {
  about: string;
  specs: fc.Arbitrary<Spec>;
  type: ResourceType;
  build: (dumbkv: DumbKV) => KubeObject | undefined;
}

const pods = (about: string, specs: fc.Arbitrary<Spec>): Child => ({
  ...{ about, specs, type: DEPLOYMENT },
  build: (one) => deployment(one, { ...settings, image: one.spec.image ?? SERVER_IMAGE }),
});

const CHILDREN: Child[] = [
  pods('image', fc.record({ image })),
  pods(
    'requests and limits',
    fc.record({ resources: some({ requests: amounts, limits: amounts }) }),
  ),
  pods('token Secret', fc.record({ auth: fc.record({ tokenSecretRef: fc.record({ name }) }) })),
  {
    ...{ about: 'storage', specs: fc.record({ storage }), type: CLAIM },
    build: (one) => claim(one, STORE),
  },
  {
    ...{ about: 'callers', specs: fc.record({ networkPolicy: callers }), type: NETWORK_POLICY },
    build: (one) => networkPolicy(one, { operator: 'system', monitoring: [], ingress: [] }),
  },
  {
    ...{ about: 'parameters', specs: onPostgres({ parameters }), type: CONFIG_MAP },
    build: postgresConfigMap,
  },
  {
    about: "requests and limits of Postgres'",
    specs: onPostgres({ resources: some({ requests: amounts, limits: amounts }) }),
    type: STATEFUL_SET,
    build: (one) => postgresStatefulSet(one, { image: SERVER_IMAGE, credentialsUid: 'a' }),
  },
  {
    about: 'scaling',
    specs: fc.record({ engine: fc.constant('postgres'), autoscaling: scaling }),
    type: AUTOSCALER,
    build: autoscaler,
  },
  {
    ...{ about: 'exposure', specs: fc.record({ ingress: exposure }), type: INGRESS },
    build: ingress,
  },
];

/** As the operator sends each child. */
function withHash(object: KubeObject | undefined) {
  const { metadata } = object ?? {};
  const annotations = { ...metadata?.annotations, [APPLIED_HASH_ANNOTATION]: '0' };
  return { ...object, metadata: { ...metadata, annotations } };
}

describe.each(CHILDREN)('the $about that the CRD takes', ({ specs, type, build }) => {
  it(`makes a ${type.kind} that the API server takes and gives back as asked`, async () => {
    let accepted = 0;
    const path = resourcePath(type, NAMESPACE);
    await fc.assert(
      fc.asyncProperty(specs, async (spec) => {
        const made = await call('POST', `${pathOf(NAMESPACE)}?dryRun=All`, dumbkv('orders', spec));
        fc.pre(made.status === 201);
        accepted += 1;
        const desired = withHash(build(made.body as DumbKV));
        const answer = await call('POST', `${path}?dryRun=All`, desired);
        expect(answer.body.message ?? '').toBe('');
        expect(answer.status).toBe(201);
        expect(contains(answer.body, desired), JSON.stringify(answer.body.spec)).toBe(true);
      }),
      { numRuns: SAMPLES, maxSkipsPerRun: 100 },
    );
    expect(accepted).toBeGreaterThanOrEqual(ACCEPTED_MIN);
  });
});
