// Hostile DumbKVs: each asks for something that who may make DumbKVs, and no more, must not get.
// The API server refuses it, the operator keeps it from that, or it makes nothing but its own. What
// the rules of the schema refuse of single names, labels and parameters is in their examples
// (crd/*-examples.ts) and not repeated. hostile.test.ts goes through this list.
import type { ApiObject } from '../../support/control-plane-client.ts';

/** Whom they attack: an instance `orders` on Postgres, in the same namespace and in another. */
export interface Victims {
  /** The host of the one in the same namespace. */
  host: string;
  /** The other namespace. */
  elsewhere: string;
  /** The name of the attacker itself. */
  own: string;
}

export interface Hostile {
  what: string;
  /** The name of the DumbKV, where that matters. */
  name?: string;
  spec: (victims: Victims) => ApiObject;
  metadata?: ApiObject;
  status?: (victims: Victims) => ApiObject;
  /** A part of what the API server says as it refuses it. */
  refused?: string;
  /** Why it is `Stalled`, if the operator keeps it from something. */
  stalled?: string;
}

/** What each hostile Ingress asks for. */
export const HOSTILE_HOST = 'hostile.example.com';

const HUGE = 'x'.repeat(100_000);
const MANY = 10_000;
const onPostgres = (rest: ApiObject = {}): ApiObject => ({ engine: 'postgres', ...rest });
const parameters = (values: ApiObject): ApiObject =>
  onPostgres({ postgres: { type: 'Managed', managed: { parameters: values } } });
const external = (name: string, key = 'url'): ApiObject =>
  onPostgres({ postgres: { type: 'External', external: { urlSecretRef: { name, key } } } });
const annotated = (annotations: ApiObject): ApiObject => ({
  ingress: { host: HOSTILE_HOST, annotations },
});

const SECRETS: Hostile[] = [
  {
    what: 'the tokens of its neighbour for its own',
    spec: () => ({ auth: { tokenSecretRef: { name: 'orders-token' } } }),
    stalled: 'TokenSecretInvalid',
  },
  {
    what: 'the sealing key of its neighbour for its tokens',
    spec: () => ({ auth: { tokenSecretRef: { name: 'orders-sealing' } } }),
    stalled: 'TokenSecretInvalid',
  },
  {
    what: 'its own sealing key for its tokens',
    spec: ({ own }) => ({ auth: { tokenSecretRef: { name: `${own}-sealing` } } }),
    stalled: 'TokenSecretMissing',
  },
  {
    what: 'the database of its neighbour',
    spec: () => external('orders-postgres'),
    stalled: 'DatabaseSecretInvalid',
  },
  {
    what: 'a Secret of another namespace',
    spec: ({ elsewhere }) => external(`${elsewhere}/orders-postgres`),
    refused: 'must be the name of a Kubernetes object',
  },
  {
    what: 'a key of a Secret that is a path',
    spec: () => external('orders-postgres', '../../etc/passwd'),
    refused: 'should match',
  },
  {
    what: 'the Secrets of its neighbour to pull its image with, and for its certificate',
    spec: () => ({
      template: { imagePullSecrets: [{ name: 'orders-sealing' }] },
      ingress: { host: HOSTILE_HOST, tls: { secretName: 'orders-token' } },
    }),
  },
  {
    what: 'the objects of its neighbour, by its name',
    name: 'orders-postgres',
    spec: () => ({}),
    stalled: 'NameConflict',
  },
];

/** Words that controllers of Ingresses take as orders, and hosts of others. */
const INGRESSES: Hostile[] = [
  ...[
    { 'nginx.ingress.kubernetes.io/configuration-snippet': 'lua_need_request_body on;' },
    { 'nginx.ingress.kubernetes.io/server-alias': 'orders.example.com' },
    { 'nginx.ingress.kubernetes.io/auth-tls-secret': 'kube-system/admin' },
    { 'nginx.ingress.kubernetes.io/mirror-target': 'https://collector.example.com' },
    { 'haproxy-ingress.github.io/config-backend': 'http-request return status 200' },
    { 'external-dns.alpha.kubernetes.io/hostname': 'orders.example.com' },
    { 'traefik.ingress.kubernetes.io/router.middlewares': 'kube-system-open@kubernetescrd' },
    { 'alb.ingress.kubernetes.io/group.name': 'payments' },
    { 'alb.ingress.kubernetes.io/actions.forward': '{"targetGroupARN":"arn:aws:x"}' },
    { 'nginx.org/mergeable-ingress-type': 'minion' },
    { 'nginx.ingress.kubernetes.io/proxy-body-size': '1m;\n}\nlocation /x {' },
  ].map((annotations) => ({
    what: `the annotation ${Object.keys(annotations)[0]}`,
    spec: () => annotated(annotations),
    refused: 'belong to who may make Ingresses',
  })),
  {
    what: 'the host of its neighbour',
    spec: ({ host }) => ({ ingress: { host } }),
    stalled: 'HostConflict',
  },
  {
    what: 'the host of its neighbour, and says that it has long had it',
    spec: ({ host }) => ({ ingress: { host } }),
    status: ({ host }) => ({ hosts: { [`ingress/${host}`]: '2001-01-01T00:00:00Z' } }),
    stalled: 'HostConflict',
  },
  {
    what: 'a Gateway of another namespace',
    spec: ({ elsewhere }) => ({
      httpRoute: { parentRefs: [{ name: 'gateway', namespace: elsewhere }] },
    }),
  },
];

/** A Postgres that loads, runs or writes what it should not. */
const DATABASES: Hostile[] = [
  ...[
    ...['jit_provider', 'oauth_validator_libraries', 'extension_control_path', 'log_directory'],
    ...['ssl_key_file', 'archive_cleanup_command', 'some_future_library'],
  ].map((name) => ({
    what: `the parameter ${name}`,
    spec: () => parameters({ [name]: '/data/evil' }),
    refused: 'nor files, addresses, libraries and commands',
  })),
  {
    what: 'a parameter that ends its quotes, and words for a shell',
    spec: () =>
      parameters({
        application_name: "x'; archive_command = 'touch /tmp/x",
        log_line_prefix: '`id` $(id) %q',
        cluster_name: "'",
      }),
  },
  {
    what: 'an image of Postgres from elsewhere',
    spec: () => onPostgres({ postgres: { managed: { image: 'evil.example.com/postgres:17' } } }),
    stalled: 'ImageNotAllowed',
  },
];

/** Pods where they should not be, or with more than they should have. */
const PODS: Hostile[] = [
  {
    what: 'the control plane for its node',
    spec: () => ({
      template: {
        nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
        tolerations: [{ operator: 'Exists' }],
      },
    }),
  },
  {
    what: 'fields of a pod that nobody offers',
    spec: () => ({
      ...{ hostNetwork: true, serviceAccountName: 'default' },
      template: {
        ...{ hostNetwork: true, hostPID: true, serviceAccountName: 'default', nodeName: 'node' },
        containers: [{ name: 'evil', image: 'evil' }],
        volumes: [{ name: 'host', hostPath: { path: '/' } }],
        securityContext: { runAsUser: 0 },
      },
    }),
  },
  {
    what: 'variables and templates in what it may say about pods',
    spec: () => ({
      template: { annotations: { 'prometheus.io/path': '$(TOKENS_FILE) {{ .Values.secret }}' } },
    }),
  },
  {
    what: 'the volume of its neighbour',
    spec: () => ({ storage: { className: '', volumeName: 'volume-of-orders' } }),
  },
  {
    what: 'marks of the operator on itself',
    spec: () => ({}),
    metadata: {
      annotations: {
        'dumbkv.dev/pinned': '{"inputs":{},"template":{"spec":{"hostNetwork":true}}}',
        'dumbkv.dev/owner-uid': 'orders',
        'dumbkv.dev/template-generation': '0',
      },
      labels: {
        'dumbkv.dev/instance': 'orders',
        'app.kubernetes.io/managed-by': 'dumbkv-operator',
      },
    },
  },
];

const NETWORKS: Hostile[] = [
  {
    what: 'all namespaces for its callers',
    spec: () => ({ networkPolicy: { from: [{ namespaceLabels: {} }] } }),
  },
  {
    what: 'the pods of its neighbour for its callers',
    spec: () => ({
      networkPolicy: { from: [{ podLabels: { 'app.kubernetes.io/instance': 'orders' } }] },
    }),
  },
];

/** More than anybody needs. */
const HUGE_ONES: Hostile[] = [
  { what: 'a huge annotation', spec: () => annotated({ x: HUGE }), refused: 'Too long' },
  {
    what: 'a huge value of a parameter',
    spec: () => parameters({ work_mem: HUGE }),
    refused: 'Too long',
  },
  {
    what: 'ten thousand callers',
    spec: () => ({ networkPolicy: { from: Array.from({ length: MANY }, () => ({})) } }),
    refused: 'must have at most',
  },
  {
    what: 'ten thousand labels',
    spec: () => ({
      template: {
        labels: Object.fromEntries(Array.from({ length: MANY }, (_, i) => [`l${i}`, 'x'])),
      },
    }),
    refused: 'must have at most',
  },
  {
    what: 'marks of itself as long as they may be',
    spec: () => ({}),
    metadata: { annotations: { 'dumbkv.dev/rotate-token': HUGE, 'dumbkv.dev/restart': HUGE } },
  },
];

/** All of them. */
export const HOSTILE_DUMBKVS: readonly Hostile[] = [
  ...[...SECRETS, ...INGRESSES, ...DATABASES],
  ...[...PODS, ...NETWORKS, ...HUGE_ONES],
];
