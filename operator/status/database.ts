// How the Postgres of an instance is doing: read from its StatefulSet and pod where the operator
// runs it, from the Cluster where CloudNativePG does (postgres-cluster.ts); somebody else's is
// known by the server alone. Pure. serving.ts asks for its problem, compute.ts for the condition.
import type { DumbKV } from '../../crds/schema.ts';
import type { ConditionStatement, Reason } from '../api/conditions.ts';
import type { Problem } from '../api/problem.ts';
import { SURGE_PODS, wantedReplicas } from '../builders/deployment.ts';
import { dataPlace, isOnCloudNativePg, runsPostgres } from '../builders/engine.ts';
import { serverConnections } from '../builders/postgres/config-map.ts';
import { POSTGRES_CONTAINER } from '../builders/postgres/stateful-set.ts';
import { POOL_CONNECTIONS } from '../builders/store-settings.ts';
import { podProblem } from '../checks/pod-problem.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Children } from '../reconcile/observe.ts';
import { clusterProblem, clusterWarning } from './postgres-cluster.ts';

interface StatefulSetStatus {
  observedGeneration?: number;
  readyReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  updatedReplicas?: number;
}

/** The servers take connections for granted, and say that what lies there is not theirs. */
const WRONG_DATABASE: ReadonlySet<Reason> = new Set(['StoreMismatch', 'StoreMissing']);

/** What keeps a Postgres that is run for the instance from taking connections, if anything does. */
export function databaseProblem(dumbkv: DumbKV, children: Children): Problem | undefined {
  if (isOnCloudNativePg(dumbkv)) return clusterProblem(dumbkv, children);
  if (!runsPostgres(dumbkv)) return undefined;
  const problem = podProblem(children.postgresPods, POSTGRES_CONTAINER);
  if (problem !== undefined) {
    const reason = problem.reason === 'ServerCrashing' ? 'DatabaseNotReady' : problem.reason;
    return { reason, message: `Postgres: ${problem.message}` };
  }
  if (isReady(children.postgres)) return undefined;
  const message = 'Waiting for the Postgres of the instance to take connections.';
  return { reason: 'DatabaseNotReady', message };
}

/** The condition `DatabaseReady`, which an instance on sqlite does not have. */
export function databaseReady(dumbkv: DumbKV, children: Children): ConditionStatement[] {
  const place = dataPlace(dumbkv);
  if (place === 'sqlite') return [];
  const type = 'DatabaseReady';
  const refusal = podProblem(children.pods);
  if (refusal !== undefined && WRONG_DATABASE.has(refusal.reason)) {
    return [{ type, status: 'False', ...refusal }];
  }
  if (place === 'postgres-external') {
    const message = 'The database is run by others; the server is ready while it can reach it.';
    return [{ type, status: 'Unknown', reason: 'DatabaseUnverified', message }];
  }
  const isMissing = isOnCloudNativePg(dumbkv) && !children.servesClusters;
  if (wantedReplicas(dumbkv) === 0 && !isMissing) {
    const message = 'No Postgres runs while the instance has no pods.';
    return [{ type, status: 'False', reason: 'DatabaseNotReady', message }];
  }
  const problem = databaseProblem(dumbkv, children);
  if (problem !== undefined) return [{ type, status: 'False', ...problem }];
  // an instance that is lost passes, and is the worse of the two
  const warning =
    (isOnCloudNativePg(dumbkv) ? clusterWarning(dumbkv, children) : undefined) ??
    connectionsWarning(dumbkv);
  if (warning !== undefined) return [{ type, status: 'True', ...warning }];
  const message = 'The Postgres of the instance takes connections.';
  return [{ type, status: 'True', reason: 'DatabaseAnswers', message }];
}

/** Pods may open more connections than there are: those that come too late fail under load. */
function connectionsWarning(
  dumbkv: DumbKV,
): Pick<ConditionStatement, 'reason' | 'message'> | undefined {
  const available = serverConnections(dumbkv);
  const { spec } = dumbkv;
  const each = spec.postgres?.pool?.maxOpen ?? POOL_CONNECTIONS;
  const pods = Math.max(spec.replicas, spec.autoscaling?.maxReplicas ?? 0) + SURGE_PODS;
  if (available === undefined || pods * each <= available) return undefined;
  const place = isOnCloudNativePg(dumbkv) ? 'cloudNativePG' : 'managed';
  const message =
    `The Postgres takes connections, but has ${available} for servers, and ${pods} pods (one of ` +
    `them during a rollout) may open ${each} each. Lower replicas or postgres.pool.maxOpen, or ` +
    `raise max_connections in postgres.${place}.parameters.`;
  return { reason: 'ConnectionsShort', message };
}

function isReady(statefulSet: KubeObject | undefined): boolean {
  const status = (statefulSet?.status ?? {}) as StatefulSetStatus;
  const isObserved = (status.observedGeneration ?? 0) >= (statefulSet?.metadata.generation ?? 1);
  const isNew = status.currentRevision === status.updateRevision || status.updatedReplicas === 1;
  return isObserved && isNew && status.readyReplicas === 1;
}
