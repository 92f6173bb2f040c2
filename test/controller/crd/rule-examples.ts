// For each CEL rule of the CRD what it refuses and what it takes, as a user would write it.
// `rules.test.ts` sends them to a real API server and knows a rule that has no example.
import type { Spec } from './object.ts';
import { ENDLESS, names, type RuleExamples } from './rule-example.ts';
import { CHANGE_EXAMPLES, STORAGE_EXAMPLES } from './storage-examples.ts';

const host = 'orders.example.com';
const tls = (value: Spec): Spec => ({ ingress: { host, tls: value } });
const annotated = (...keys: string[]): Spec => ({
  ingress: { host, annotations: Object.fromEntries(keys.map((key) => [key, 'x'])) },
});
const CLASS = { 'kubernetes.io/ingress.class': 'gce' };
const filled = (character: string, length: number): Spec => {
  const entries = Array.from({ length: 32 }, (_, index) => [`a${index}`, character.repeat(length)]);
  return { ingress: { host, annotations: Object.fromEntries(entries) } };
};
const requests = (value: Spec): Spec => ({ resources: { requests: value } });
const limits = (value: Spec): Spec => ({ resources: { limits: value } });
const pair = (kind: string, request: string, limit: string): Spec => ({
  resources: { requests: { [kind]: request }, limits: { [kind]: limit } },
});
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

const cpu = (at: string, specOf: (value: Spec) => Spec): RuleExamples => ({
  at,
  message: 'must be a quantity from 1m to 100k, such as "500m" or "2"',
  refused: ['half', '0', '-1', '', '1u', '100001', '1.2.3', '1e', ...ENDLESS].map((value) =>
    specOf({ cpu: value }),
  ),
  accepted: ['1m', '500m', '0.5', '2', '100k', '1e-3'].map((value) => specOf({ cpu: value })),
});

const RESOURCE_EXAMPLES: RuleExamples[] = [
  cpu('spec.resources.requests.cpu', requests),
  cpu('spec.resources.limits.cpu', limits),
  {
    at: 'spec.resources.requests.memory',
    message: 'must be a quantity from 1Mi to 256Ti, such as 256Mi',
    refused: ['128m', '0', '1023Ki', 'much', '257Ti', ...ENDLESS].map((memory) =>
      requests({ memory }),
    ),
    accepted: ['1Mi', '128Mi', '1G'].map((memory) => requests({ memory })),
  },
  {
    at: 'spec.resources.limits.memory',
    message: 'must be a quantity from 64Mi to 256Ti, such as 256Mi',
    refused: ['512m', '512', '63Mi', '1GB', '1e99'].map((memory) => limits({ memory })),
    accepted: ['64Mi', '512Mi', '1Gi'].map((memory) => limits({ memory })),
  },
  ...[
    { kind: 'cpu', more: pair('cpu', '1001m', '1'), fits: pair('cpu', '1000m', '1') },
    { kind: 'memory', more: pair('memory', '1Gi', '1G'), fits: pair('memory', '1G', '1Gi') },
  ].map(({ kind, more, fits }) => ({
    at: 'spec.resources',
    message: `requests.${kind} must not be more than limits.${kind}: lower the request`,
    field: 'spec.resources.requests',
    refused: [more],
    accepted: [fits, { resources: { requests: { cpu: '4' }, limits: { memory: '1Gi' } } }],
  })),
];

const INGRESS_EXAMPLES: RuleExamples[] = [
  {
    at: 'spec.ingress.host',
    message: 'must be one DNS host name in lower case, such as orders.example.com',
    refused: [
      ...['*.example.com', 'Orders.example.com', 'http://orders.example.com', '10.0.0.1', '::1'],
      ...['orders.example.com:8080', 'orders.example.com/kv', 'orders..com', 'orders.example.com.'],
      ...['-orders.example.com', 'or_ders.example.com', '', ' ', `${'a'.repeat(64)}.com`],
    ].map((name) => ({ ingress: { host: name } })),
    accepted: [
      host,
      'localhost',
      '1st.example.com',
      `${'a'.repeat(63)}.com`,
      'xn--bcher-kva.example',
    ].map((name) => ({ ingress: { host: name } })),
  },
  names('spec.ingress.className', (className) => ({ ingress: { host, className } })),
  {
    at: 'spec.ingress.annotations',
    message: "each key must be an annotation's name",
    refused: [
      ...['', '/x', 'x/', 'a/b/c', 'Example.com/x', 'x y', '-x', 'x-', 'x'.repeat(64), 'x\n'],
      ...['a..b/x', '-a/x', 'a-/x', '.a/x', 'a./x', 'a.-b/x', 'a_b/x', `a/${'x'.repeat(64)}`],
      `${'a'.repeat(254)}/x`,
    ].map((key) => annotated(key)),
    accepted: [
      annotated('example.com/Timeout_1.x', 'timeout', '9', 'a-b.c--d.1/x..y'),
      annotated(`${'a'.repeat(253)}/${'x'.repeat(63)}`),
      annotated(),
    ],
  },
  {
    at: 'spec.ingress.annotations',
    message: 'annotations that begin with dumbkv.dev/ or kubectl.kubernetes.io/ belong to the',
    refused: [
      annotated('dumbkv.dev/applied-hash'),
      annotated('kubectl.kubernetes.io/last-applied-configuration'),
    ],
    accepted: [annotated('dumbkv.development/x', 'kubernetes.io/x')],
  },
  {
    at: 'spec.ingress.annotations',
    message: 'the values must have at most 240000 bytes together',
    refused: [filled('€', 4096), filled('🔑', 2500)],
    accepted: [filled('x', 4096), filled('€', 2500)],
  },
  {
    at: 'spec.ingress',
    message: "set either className or the annotation 'kubernetes.io/ingress.class', not both",
    field: 'spec.ingress.annotations',
    refused: [{ ingress: { host, className: 'a', annotations: CLASS } }],
    accepted: [{ ingress: { host, annotations: CLASS } }, { ingress: { host, className: 'a' } }],
  },
  {
    at: 'spec.ingress.annotations',
    message: "set tls.clusterIssuer or tls.issuer instead of cert-manager's annotation",
    refused: [
      annotated('cert-manager.io/issuer'),
      annotated('x', 'cert-manager.io/cluster-issuer'),
    ],
    accepted: [annotated('cert-manager.io/issuer-kind')],
  },
  {
    at: 'spec.ingress.tls',
    message: 'set either clusterIssuer or issuer, not both',
    refused: [tls({ clusterIssuer: 'a', issuer: 'b' })],
    accepted: [tls({ clusterIssuer: 'a' }), tls({ issuer: 'b' })],
  },
  {
    at: 'spec.ingress.tls',
    message: 'set secretName to a Secret that holds the certificate',
    refused: [tls({})],
    accepted: [tls({ secretName: 'a' }), tls({ secretName: 'a', issuer: 'b' })],
  },
  names('spec.ingress.tls.secretName', (secretName) => tls({ secretName })),
  names('spec.ingress.tls.clusterIssuer', (clusterIssuer) => tls({ clusterIssuer })),
  names('spec.ingress.tls.issuer', (issuer) => tls({ issuer })),
];

const INSTANCE_EXAMPLES: RuleExamples[] = [
  {
    at: 'spec',
    message: 'engine sqlite takes at most one replica: set replicas to 1, or to 0 to stop it',
    field: 'spec.replicas',
    refused: [{ replicas: 2 }, { engine: 'sqlite', replicas: 100 }],
    accepted: [{ replicas: 1 }, { engine: 'sqlite', replicas: 0 }],
  },
  {
    at: 'spec.image',
    message: 'must be an image reference such as registry.example.com/team/dumbkv-server:1.2.3',
    refused: [
      ...[
        '',
        'dumbkv server',
        'http://example.com/a',
        'example.com/Dumbkv',
        'dumbkv:',
        'a@sha256:1',
      ],
      ...['/dumbkv', 'dumbkv/', 'example.com:port/a', 'dumbkv:-1', `dumbkv:${'1'.repeat(129)}`],
    ].map((image) => ({ image })),
    accepted: [
      ...['dumbkv', 'dumbkv:1.2.3', 'localhost/dumbkv-server:dev', `dumbkv@${DIGEST}`],
      ...['example.com:5000/a/b__c/d-e.f:V1_2', `[::1]:5000/dumbkv:1@${DIGEST}`],
    ].map((image) => ({ image })),
  },
  {
    at: 'spec.auth',
    message: 'tokenSecretRef needs type Token: remove tokenSecretRef or set type to Token',
    field: 'spec.auth.tokenSecretRef',
    refused: [{ auth: { type: 'None', tokenSecretRef: { name: 'a' } } }],
    accepted: [{ auth: { type: 'None' } }, { auth: { tokenSecretRef: { name: 'a' } } }],
  },
  names('spec.auth.tokenSecretRef.name', (name) => ({ auth: { tokenSecretRef: { name } } })),
];

/** All examples of rules but those on the object's name, which are in `rules.test.ts`. */
export const RULE_EXAMPLES = [
  ...INSTANCE_EXAMPLES,
  ...STORAGE_EXAMPLES,
  ...CHANGE_EXAMPLES,
  ...RESOURCE_EXAMPLES,
  ...INGRESS_EXAMPLES,
];
