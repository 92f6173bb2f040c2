// Every child of an exposed DumbKV `orders` on managed Postgres, by its kind and name: the tests of
// what happens to each of them run through this list.
import {
  AUTOSCALER,
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  DISRUPTION_BUDGET,
  INGRESS,
  NETWORK_POLICY,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';

/** One child. */
export interface Child {
  type: ResourceType;
  name: string;
}

/** What a DumbKV with all of these children asks. */
export const WITH_ALL_CHILDREN = {
  engine: 'postgres',
  replicas: 2,
  autoscaling: { minReplicas: 2, maxReplicas: 5 },
  ingress: { host: 'orders.example.com' },
};

const selector = { matchLabels: { app: 'other' } };
const template = {
  metadata: { labels: { app: 'other' } },
  spec: { containers: [{ name: 'other', image: 'example.com/other' }] },
};
const podSelector = selector;
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'other' };

/** Every child with a name of its own, and the least that the API server takes for it. */
export const CHILDREN: (Child & { least: ApiObject })[] = [
  { type: SECRET, name: 'orders-token', least: { stringData: { token: 'of-somebody-else' } } },
  { type: SECRET, name: 'orders-sealing', least: { stringData: { 'sealing-key': 'no key' } } },
  {
    type: CLAIM,
    name: 'orders-data',
    least: {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '3Gi' } } },
    },
  },
  { type: SERVICE_ACCOUNT, name: 'orders', least: {} },
  { type: SERVICE, name: 'orders', least: { spec: { ports: [{ port: 443 }] } } },
  { type: INGRESS, name: 'orders', least: { spec: { rules: [{ host: 'other.example.com' }] } } },
  { type: DEPLOYMENT, name: 'orders', least: { spec: { selector, template } } },
  { type: NETWORK_POLICY, name: 'orders', least: { spec: { podSelector } } },
  { type: DISRUPTION_BUDGET, name: 'orders', least: { spec: { selector, minAvailable: 1 } } },
  { type: AUTOSCALER, name: 'orders', least: { spec: { scaleTargetRef, maxReplicas: 2 } } },
  { type: SECRET, name: 'orders-postgres', least: { stringData: { password: 'of-another' } } },
  { type: CONFIG_MAP, name: 'orders-postgres', least: { data: { 'pg_hba.conf': '' } } },
  { type: SERVICE, name: 'orders-postgres', least: { spec: { ports: [{ port: 443 }] } } },
  { type: NETWORK_POLICY, name: 'orders-postgres', least: { spec: { podSelector } } },
  {
    type: STATEFUL_SET,
    name: 'orders-postgres',
    least: { spec: { selector, template, serviceName: 'other' } },
  },
];
/** Kinds that are read by name alone. */
const UNWATCHED: readonly ResourceType[] = [SECRET, CONFIG_MAP];
/** Those that are watched. */
export const WATCHED = CHILDREN.filter(({ type }) => !UNWATCHED.includes(type));
/** Those that always have an owner and are watched. */
export const OWNED = WATCHED.filter(({ type }) => type !== CLAIM);
/** What marks an object as the operator's own. */
export const OUR_LABELS = {
  'app.kubernetes.io/managed-by': 'dumbkv-operator',
  'dumbkv.dev/instance': 'orders',
};
