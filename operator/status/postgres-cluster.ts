// How a Postgres is doing that CloudNativePG runs: read from the status of its Cluster. Pure.
// database.ts makes it the condition `DatabaseReady`.
import type { DumbKV } from '../../crds/schema.ts';
import type { ConditionStatement } from '../api/conditions.ts';
import type { Problem } from '../api/problem.ts';
import { clusterInstances, synchronousReplicas } from '../builders/postgres/cluster.ts';
import { clusterKindProblem } from '../checks/cluster-kind.ts';
import type { Children } from '../reconcile/observe.ts';

interface ClusterStatus {
  phase?: string;
  phaseReason?: string;
  currentPrimary?: string;
  targetPrimary?: string;
  /** The names of pods by how they are. */
  instancesStatus?: { healthy?: string[] };
}

/** What keeps a Cluster from taking writes, if anything does. */
export function clusterProblem(dumbkv: DumbKV, children: Children): Problem | undefined {
  const isMissing = clusterKindProblem(children.servesClusters);
  if (isMissing !== undefined) return isMissing;
  const { cluster } = children;
  if (cluster === undefined)
    return notReady('Waiting for the Cluster of CloudNativePG to be made.');
  const status = (cluster.status ?? {}) as ClusterStatus;
  const title = `Cluster "${cluster.metadata.name}"`;
  if (status.phase === undefined) {
    return notReady(
      `CloudNativePG has not looked at ${title} yet. Check that its operator runs, and watches ` +
        'this namespace.',
    );
  }
  const healthy = status.instancesStatus?.healthy ?? [];
  const primary = status.currentPrimary ?? '';
  if (primary !== status.targetPrimary || !healthy.includes(primary)) {
    const why = status.phaseReason ? `${status.phase}: ${status.phaseReason}` : status.phase;
    return notReady(`${title} has no primary that is ready. CloudNativePG says: ${why}.`);
  }
  const replicas = synchronousReplicas(dumbkv);
  if (healthy.length > replicas) return undefined;
  const awaited = replicas === 1 ? 'a replica is' : `${replicas} replicas are`;
  return notReady(
    `Writes to ${title} wait until ${awaited} ready: ${healthy.length - 1} of ` +
      `${clusterInstances(dumbkv) - 1} are. CloudNativePG says: ${status.phase}.`,
  );
}

/** Of a Cluster that takes writes: how many of its instances are not ready. */
export function clusterWarning(
  dumbkv: DumbKV,
  { cluster }: Children,
): Pick<ConditionStatement, 'reason' | 'message'> | undefined {
  const status = (cluster?.status ?? {}) as ClusterStatus;
  const ready = status.instancesStatus?.healthy?.length ?? 0;
  const wanted = clusterInstances(dumbkv);
  if (ready >= wanted) return undefined;
  const message =
    `The Postgres takes connections with ${ready} of ${wanted} instances. CloudNativePG says: ` +
    `${status.phase}.`;
  return { reason: 'DatabaseDegraded', message };
}

const notReady = (message: string): Problem => ({ reason: 'DatabaseNotReady', message });
