// The kinds that the operator reads and writes, by the names under which the API server serves
// them. Builders put these on their objects; the client turns them into paths.
import type { ResourceType } from '../kube/resource.ts';

const namespaced = (
  group: string,
  version: string,
  plural: string,
  kind: string,
): ResourceType => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});

export const DUMBKV = namespaced('dumbkv.dev', 'v1alpha1', 'dumbkvs', 'DumbKV');
export const SECRET = namespaced('', 'v1', 'secrets', 'Secret');
export const CLAIM = namespaced('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim');
export const SERVICE_ACCOUNT = namespaced('', 'v1', 'serviceaccounts', 'ServiceAccount');
export const SERVICE = namespaced('', 'v1', 'services', 'Service');
export const POD = namespaced('', 'v1', 'pods', 'Pod');
export const DEPLOYMENT = namespaced('apps', 'v1', 'deployments', 'Deployment');
export const STATEFUL_SET = namespaced('apps', 'v1', 'statefulsets', 'StatefulSet');
export const CONFIG_MAP = namespaced('', 'v1', 'configmaps', 'ConfigMap');
export const DISRUPTION_BUDGET = namespaced(
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);
export const AUTOSCALER = namespaced(
  'autoscaling',
  'v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
);
export const NETWORK_POLICY = namespaced(
  'networking.k8s.io',
  'v1',
  'networkpolicies',
  'NetworkPolicy',
);
export const INGRESS = namespaced('networking.k8s.io', 'v1', 'ingresses', 'Ingress');
export const HTTP_ROUTE = namespaced('gateway.networking.k8s.io', 'v1', 'httproutes', 'HTTPRoute');
/** A Postgres that CloudNativePG runs. */
export const POSTGRES_CLUSTER = namespaced('postgresql.cnpg.io', 'v1', 'clusters', 'Cluster');
export const ENDPOINT_SLICE = namespaced(
  'discovery.k8s.io',
  'v1',
  'endpointslices',
  'EndpointSlice',
);
export const EVENT = namespaced('events.k8s.io', 'v1', 'events', 'Event');
export const STORAGE_CLASS: ResourceType = {
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
};

/** Kinds of children that not every API server knows, and that one may come to know later. */
export const OPTIONAL_KINDS: readonly ResourceType[] = [HTTP_ROUTE, POSTGRES_CLUSTER];

/** Whether objects of a kind hold the data of an instance. */
export const isDataHolder = (kind: string | undefined): boolean =>
  kind === CLAIM.kind || kind === POSTGRES_CLUSTER.kind;

/** The kinds of an instance's children that are watched; Secrets and ConfigMaps never are. */
export const WATCHED_CHILDREN: readonly ResourceType[] = [
  CLAIM,
  SERVICE_ACCOUNT,
  SERVICE,
  DEPLOYMENT,
  STATEFUL_SET,
  DISRUPTION_BUDGET,
  AUTOSCALER,
  NETWORK_POLICY,
  INGRESS,
  ENDPOINT_SLICE,
  POD,
  ...OPTIONAL_KINDS,
];
