// The NetworkPolicies of an instance: who may call the server, and that it calls its database and
// DNS alone; and for the operator's own Postgres, that only the server calls it.
// optional-children.ts puts them beside the others.
import type { DumbKV } from '../../crds/schema.ts';
import { NETWORK_POLICY } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { dataPlace, runsPostgres } from './engine.ts';
import { objectOf, ownedMetadata, postgresName, selectorLabels } from './metadata.ts';
import { postgresSelector } from './postgres/labels.ts';
import { POSTGRES_PORT, POSTGRES_PORT_NAME } from './postgres/service.ts';
import { SERVER_PORT_NAME } from './service.ts';

const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
const OPERATOR_LABELS = { 'app.kubernetes.io/name': 'dumbkv-operator' };
/** CloudNativePG puts it on the pods of a Cluster. */
const CLUSTER_LABEL = 'cnpg.io/cluster';
const DNS_PORT = 53;

/** The namespaces that every instance has to do with; names, as the operator was given them. */
export interface ClusterNamespaces {
  operator: string;
  monitoring: readonly string[];
  /** Those of the ingress controllers; none: exposed instances are open to all namespaces. */
  ingress: readonly string[];
}

type Peer = Record<string, unknown>;

/** The policy of the server, or undefined where the spec asks for none. */
export function networkPolicy(
  dumbkv: DumbKV,
  namespaces: ClusterNamespaces,
): KubeObject | undefined {
  if (dumbkv.spec.networkPolicy.type === 'Open') return undefined;
  const { name } = dumbkv.metadata;
  return objectOf(NETWORK_POLICY, ownedMetadata(dumbkv, name), {
    spec: {
      podSelector: { matchLabels: selectorLabels(name) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: callers(dumbkv, namespaces), ports: [tcp(SERVER_PORT_NAME)] }],
      egress: [toDns, ...toDatabase(dumbkv)],
    },
  });
}

/** The policy of the operator's own Postgres, which calls nobody. */
export function postgresNetworkPolicy(dumbkv: DumbKV): KubeObject | undefined {
  if (!runsPostgres(dumbkv) || dumbkv.spec.networkPolicy.type === 'Open') return undefined;
  const { name } = dumbkv.metadata;
  const servers = { podSelector: { matchLabels: selectorLabels(name) } };
  return objectOf(NETWORK_POLICY, ownedMetadata(dumbkv, postgresName(name)), {
    spec: {
      podSelector: { matchLabels: postgresSelector(name) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [servers], ports: [tcp(POSTGRES_PORT_NAME)] }],
    },
  });
}

function callers(dumbkv: DumbKV, namespaces: ClusterNamespaces): Peer[] {
  const { from } = dumbkv.spec.networkPolicy;
  const operator = {
    ...inNamespaces([namespaces.operator]),
    podSelector: { matchLabels: OPERATOR_LABELS },
  };
  const { ingress, httpRoute } = dumbkv.spec;
  const isExposed = ingress !== undefined || httpRoute !== undefined;
  return [
    operator,
    ...(namespaces.monitoring.length > 0 ? [inNamespaces(namespaces.monitoring)] : []),
    ...(isExposed ? [ingressControllers(namespaces)] : []),
    ...(from === undefined ? [{ podSelector: {} }] : from.map(peerOf)),
  ];
}

/** Where nobody said where they are, an exposed instance is open to all: it is so to the world. */
const ingressControllers = ({ ingress }: ClusterNamespaces): Peer =>
  ingress.length > 0 ? inNamespaces(ingress) : { namespaceSelector: {} };

const inNamespaces = (names: readonly string[]): Peer => ({
  namespaceSelector: {
    matchExpressions: [{ key: NAMESPACE_NAME, operator: 'In', values: [...names] }],
  },
});

type Caller = NonNullable<DumbKV['spec']['networkPolicy']['from']>[number];

const peerOf = ({ namespaceLabels, podLabels }: Caller): Peer => ({
  ...(namespaceLabels === undefined ? {} : { namespaceSelector: selecting(namespaceLabels) }),
  ...(podLabels === undefined && namespaceLabels !== undefined
    ? {}
    : { podSelector: selecting(podLabels ?? {}) }),
});

/** The API server gives empty labels back as none, which would look like a change. */
const selecting = (matchLabels: Record<string, string>): Peer =>
  Object.keys(matchLabels).length === 0 ? {} : { matchLabels };

const tcp = (port: number | string): Peer => ({ port, protocol: 'TCP' });

/** Any server of it: where it runs differs from cluster to cluster, and may be on the node. */
const toDns = { ports: [{ port: DNS_PORT, protocol: 'UDP' }, tcp(DNS_PORT)] };

/**
 * Somebody else's Postgres may be anywhere and at any port, and a policy knows no names: there
 * nothing is gained by a rule.
 */
function toDatabase(dumbkv: DumbKV): Peer[] {
  const place = dataPlace(dumbkv);
  if (place === 'sqlite') return [];
  if (place === 'postgres-external') return [{}];
  const { name } = dumbkv.metadata;
  const ofCluster = { [CLUSTER_LABEL]: postgresName(name) };
  const isOurs = place === 'postgres';
  const matchLabels = isOurs ? postgresSelector(name) : ofCluster;
  const postgres = { podSelector: { matchLabels } };
  return [{ to: [postgres], ports: [tcp(POSTGRES_PORT)] }];
}
