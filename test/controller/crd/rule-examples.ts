// For each CEL rule of the CRD what it refuses and what it takes, as a user would write it.
// `rules.test.ts` sends them to a real API server and knows a rule that has no example.
import { AUTOSCALING_EXAMPLES } from './autoscaling-examples.ts';
import { CLOUD_NATIVE_PG_EXAMPLES } from './cloud-native-pg-examples.ts';
import { computeExamples } from './compute-examples.ts';
import { HTTP_ROUTE_EXAMPLES } from './http-route-examples.ts';
import { NETWORK_POLICY_EXAMPLES } from './network-policy-examples.ts';
import type { Spec } from './object.ts';
import { POSTGRES_EXAMPLES } from './postgres-examples.ts';
import { hosts, images, names, type RuleExamples } from './rule-example.ts';
import { CHANGE_EXAMPLES, STORAGE_EXAMPLES } from './storage-examples.ts';
import { TEMPLATE_EXAMPLES } from './template-examples.ts';

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
const INGRESS_EXAMPLES: RuleExamples[] = [
  hosts('spec.ingress.host', (name) => ({ ingress: { host: name } })),
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
    message: 'annotations that inject configuration, name Secrets, add hosts, join in those of',
    refused: [
      annotated('nginx.org/location-snippets'),
      annotated('nginx.ingress.kubernetes.io/auth-url'),
      annotated('x', 'alb.ingress.kubernetes.io/group.name'),
      annotated('nginx.ingress.kubernetes.io/canary-weight'),
      annotated('nginx.ingress.kubernetes.io/default-backend'),
      annotated('traefik.ingress.kubernetes.io/service.serverstransport'),
      { ingress: { host, annotations: { timeout: '1s\n2s' } } },
    ],
    accepted: [
      annotated('nginx.ingress.kubernetes.io/proxy-body-size', 'example.com/config'),
      { ingress: { host, annotations: { ports: '[{"HTTP": 80}]; "é"' } } },
    ],
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
  images('spec.image', (image) => ({ image })),
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
  ...computeExamples('spec.resources', (resources) => ({ resources })),
  ...POSTGRES_EXAMPLES,
  ...CLOUD_NATIVE_PG_EXAMPLES,
  ...NETWORK_POLICY_EXAMPLES,
  ...AUTOSCALING_EXAMPLES,
  ...HTTP_ROUTE_EXAMPLES,
  ...INGRESS_EXAMPLES,
  ...TEMPLATE_EXAMPLES,
];
