// Every child of an exposed DumbKV `orders`, by its kind and name: the tests of what happens to
// each of them run through this list.
import {
  CLAIM,
  DEPLOYMENT,
  INGRESS,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';

/** One child. */
export interface Child {
  type: ResourceType;
  name: string;
}

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
  {
    type: DEPLOYMENT,
    name: 'orders',
    least: {
      spec: {
        selector: { matchLabels: { app: 'other' } },
        template: {
          metadata: { labels: { app: 'other' } },
          spec: { containers: [{ name: 'other', image: 'example.com/other' }] },
        },
      },
    },
  },
];
/** Those that always have an owner and are watched. */
export const OWNED = CHILDREN.filter(({ type }) => type !== SECRET && type !== CLAIM);
/** Those that are watched. */
export const WATCHED = CHILDREN.filter(({ type }) => type !== SECRET);
/** What marks an object as the operator's own. */
export const OUR_LABELS = {
  'app.kubernetes.io/managed-by': 'dumbkv-operator',
  'dumbkv.dev/instance': 'orders',
};
