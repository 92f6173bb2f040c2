// A Postgres that CloudNativePG runs, as its operator would leave it: the status of the Cluster,
// and the Secret that it makes for the owner of the database.
import type { KubeObject } from '../../operator/kube/resource.ts';
import { altered } from './alteration.ts';
import { base64 } from './objects.ts';

/** A spec that asks for one. */
export const onCloudNativePg = (cloudNativePG?: object): object => ({
  engine: 'postgres',
  postgres: { type: 'CloudNativePG', ...(cloudNativePG && { cloudNativePG }) },
});

export const CLUSTER_URL =
  'postgresql://dumbkv:s3cret-of-the-cluster@orders-postgres-rw.shop:5432/dumbkv';

/** The Secret with the URL. */
export function clusterSecret(alteration: object = {}): KubeObject {
  const owner = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', name: 'orders-postgres' };
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...{ name: 'orders-postgres-app', namespace: 'shop', uid: 'uid-app' },
      ownerReferences: [{ ...owner, uid: 'uid-cluster', controller: true }],
    },
    data: { uri: base64(CLUSTER_URL) },
  };
  return altered(secret, alteration);
}

/** The status of a Cluster of so many instances, the first of which is the primary. */
export function clusterStatus(ready = 3, changes: object = {}): Record<string, unknown> {
  const names = Array.from({ length: ready }, (_, index) => `orders-postgres-${index + 1}`);
  return {
    phase: 'Cluster in healthy state',
    currentPrimary: 'orders-postgres-1',
    targetPrimary: 'orders-postgres-1',
    instancesStatus: { healthy: names },
    readyInstances: ready,
    ...changes,
  };
}
