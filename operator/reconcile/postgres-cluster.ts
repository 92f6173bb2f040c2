// The Cluster of CloudNativePG as it should be in this look, and what it is waited for. data-set.ts
// applies it, for it holds the data; bring-about.ts asks before there are servers.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { POSTGRES_CLUSTER } from '../api/resources.ts';
import { wantedReplicas } from '../builders/deployment.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { isOnCloudNativePg } from '../builders/engine.ts';
import { databaseSecret, type StoreIdentity } from '../builders/metadata.ts';
import { postgresCluster } from '../builders/postgres/cluster.ts';
import type { KubeObject } from '../kube/resource.ts';
import { clusterProblem } from '../status/postgres-cluster.ts';
import type { FoundChildren } from './found-children.ts';
import { childrenOf } from './observe.ts';
import { mayHaveServers } from './server-pods.ts';

/** The Cluster beside the one that is there; it rests only once no server needs it any more. */
export function clusterWish(
  dumbkv: DumbKV,
  store: StoreIdentity,
  live: KubeObject | undefined,
  { cache }: { cache: FoundChildren },
): DesiredChild {
  const isAtRest = wantedReplicas(dumbkv) === 0 && !mayHaveServers(dumbkv, cache);
  return { type: POSTGRES_CLUSTER, object: postgresCluster(dumbkv, store, { live, isAtRest }) };
}

/**
 * Why no server can be started yet. CloudNativePG makes the Secret with the URL, and a first write
 * waits for a replica: a server that came sooner would give up.
 */
export function awaitedDatabase(
  dumbkv: DumbKV,
  secret: KubeObject | undefined,
  { cache }: { cache: FoundChildren },
): Problem | undefined {
  if (!isOnCloudNativePg(dumbkv) || wantedReplicas(dumbkv) === 0) return undefined;
  if (secret === undefined) {
    const message =
      `Waiting for CloudNativePG to make Secret "${databaseSecret(dumbkv)?.name}", by which the ` +
      'server finds its Postgres; the condition DatabaseReady tells how far it is.';
    return { reason: 'DatabaseNotReady', message };
  }
  if (mayHaveServers(dumbkv, cache)) return undefined;
  return clusterProblem(dumbkv, childrenOf(dumbkv, cache));
}
