// The Cluster of CloudNativePG as it should be in this look, and what it is waited for. data-set.ts
// applies it, for it holds the data; bring-about.ts asks before there are servers.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { DEPLOYMENT, POD, POSTGRES_CLUSTER } from '../api/resources.ts';
import { wantedReplicas } from '../builders/deployment.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { isOnCloudNativePg } from '../builders/engine.ts';
import { databaseSecret, type StoreIdentity } from '../builders/metadata.ts';
import { postgresCluster } from '../builders/postgres/cluster.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { FoundChildren } from './found-children.ts';

/** The Cluster beside the one that is there; it rests only once no server needs it any more. */
export function clusterWish(
  dumbkv: DumbKV,
  store: StoreIdentity,
  live: KubeObject | undefined,
  { cache }: { cache: FoundChildren },
): DesiredChild {
  const isAtRest = wantedReplicas(dumbkv) === 0 && !hasServers(dumbkv, cache);
  return { type: POSTGRES_CLUSTER, object: postgresCluster(dumbkv, store, { live, isAtRest }) };
}

/** Why no server can be made yet, where CloudNativePG makes the Secret with the URL. */
export function awaitedSecret(dumbkv: DumbKV, secret: KubeObject | undefined): Problem | undefined {
  if (!isOnCloudNativePg(dumbkv) || secret !== undefined) return undefined;
  const message =
    `Waiting for CloudNativePG to make Secret "${databaseSecret(dumbkv)?.name}", with which the ` +
    'server finds its Postgres; the condition DatabaseReady tells how far it is.';
  return { reason: 'DatabaseNotReady', message };
}

function hasServers({ metadata: { namespace, name } }: DumbKV, cache: FoundChildren): boolean {
  const deployment = cache.get(DEPLOYMENT, namespace, name);
  const { spec, status } = (deployment ?? {}) as Record<string, { replicas?: number } | undefined>;
  const isAsked = (spec?.replicas ?? 0) > 0 || (status?.replicas ?? 0) > 0;
  // pods that are on their way out count no more in the Deployment
  return isAsked || cache.ofInstance(POD, namespace, name).length > 0;
}
