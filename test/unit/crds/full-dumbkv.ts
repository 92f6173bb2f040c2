// DumbKVs that between them use every field of the schema, typed as the operator sees them.
// The compiler holds them to the types, the tests to the schema, and the API server to its rules.
import type { DumbKV, DumbKVSpec, DumbKVStatus } from '../../../crds/schema.ts';

const spec: DumbKVSpec = {
  engine: 'sqlite',
  replicas: 1,
  suspended: false,
  updatePolicy: 'Automatic',
  sleep: {
    timeZone: 'Europe/Berlin',
    windows: [{ days: ['Sat', 'Sun'], from: '20:00', to: '07:00' }],
  },
  image: 'registry.example.com:5000/team/dumbkv-server:1.2.3',
  storage: {
    size: '2Gi',
    className: 'standard',
    accessMode: 'ReadWriteOncePod',
    volumeName: 'pv-orders',
  },
  resources: {
    requests: { cpu: '250m', memory: '128Mi' },
    limits: { cpu: '1', memory: '512Mi' },
  },
  template: {
    labels: { team: 'shop' },
    annotations: { 'prometheus.io/scrape': 'true' },
    nodeSelector: { 'kubernetes.io/arch': 'amd64' },
    nodeRequirements: [{ key: 'example.com/spot', operator: 'NotIn', values: ['true'] }],
    tolerations: [
      {
        ...{ key: 'example.com/data', operator: 'Equal', value: 'yes', effect: 'NoExecute' },
        tolerationSeconds: 60,
      },
    ],
    topologySpreadConstraints: [
      {
        topologyKey: 'topology.kubernetes.io/zone',
        maxSkew: 1,
        whenUnsatisfiable: 'DoNotSchedule',
      },
    ],
    priorityClassName: 'data',
    imagePullSecrets: [{ name: 'registry' }],
  },
  auth: { type: 'Token', tokenSecretRef: { name: 'orders-own-token' }, tokenOverlap: '2h' },
  ingress: {
    host: 'orders.example.com',
    className: 'nginx',
    annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '8m' },
    tls: { secretName: 'orders-certificate', clusterIssuer: 'letsencrypt' },
  },
  httpRoute: {
    parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
    hostnames: ['orders.example.com'],
  },
  networkPolicy: {
    type: 'Restricted',
    from: [
      {
        namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' },
        podLabels: { 'app.kubernetes.io/name': 'checkout' },
      },
    ],
  },
  deletionPolicy: 'Delete',
  deletionProtection: true,
};

const status: DumbKVStatus = {
  observedGeneration: 3,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      observedGeneration: 3,
      lastTransitionTime: '2026-01-02T03:04:05Z',
      reason: 'Available',
      message: 'The instance answers.',
    },
  ],
  url: 'http://orders.shop.svc',
  externalURL: 'https://orders.example.com',
  image: 'registry.example.com:5000/team/dumbkv-server:1.2.3',
  replicas: 1,
  readyReplicas: 1,
  selector: 'app.kubernetes.io/name=dumbkv,app.kubernetes.io/instance=orders',
  credentialsSecret: 'orders-own-token',
  hosts: { 'ingress/orders.example.com': '2030-01-01T00:00:00Z' },
  oldTokensUntil: '2026-01-02T04:00:00Z',
  asleepUntil: '2026-01-02T07:00:00Z',
  deletionPolicy: 'Delete',
  storage: { capacity: '2Gi', used: '35%' },
};

const { ingress } = spec;

/** Every field but `tls.issuer`, which excludes `tls.clusterIssuer`. */
export const FULL_DUMBKV: DumbKV = {
  apiVersion: 'dumbkv.dev/v1alpha1',
  kind: 'DumbKV',
  metadata: {
    name: 'orders',
    namespace: 'shop',
    uid: '00000000-0000-4000-8000-000000000001',
    resourceVersion: '7',
    generation: 3,
    creationTimestamp: '2026-01-02T03:04:05Z',
    labels: { team: 'shop' },
    annotations: { 'example.com/owner': 'shop' },
  },
  spec,
  status,
};

/** Together they use every field. */
export const FULL_SPECS: DumbKVSpec[] = [
  spec,
  {
    ...spec,
    engine: 'postgres',
    postgres: {
      type: 'Managed',
      managed: {
        image: 'registry.example.com/postgres:17',
        parameters: { work_mem: '8MB' },
        resources: {
          requests: { cpu: '250m', memory: '256Mi' },
          limits: { cpu: '1', memory: '512Mi' },
        },
      },
      pool: { maxOpen: 20, maxIdle: 2 },
    },
    autoscaling: { minReplicas: 2, maxReplicas: 6, targetCPUUtilizationPercentage: 70 },
  },
  {
    ...spec,
    engine: 'postgres',
    postgres: {
      type: 'External',
      external: { urlSecretRef: { name: 'orders-database', key: 'url' } },
    },
  },
  {
    ...spec,
    engine: 'postgres',
    storage: { size: '2Gi', accessMode: 'ReadWriteOnce' },
    postgres: {
      type: 'CloudNativePG',
      cloudNativePG: {
        ...{ instances: 3, synchronousReplicas: 1, image: 'registry.example.com/postgres:17' },
        parameters: { work_mem: '8MB' },
      },
    },
  },
  { ...spec, ...(ingress && { ingress: { ...ingress, tls: { issuer: 'shop-issuer' } } }) },
];
