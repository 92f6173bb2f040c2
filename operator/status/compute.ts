// The status of a DumbKV from all that is known of it: pure, so that the same facts always give the
// same status, and nothing is written when nothing changed (write.ts).
import type { DumbKV, DumbKVStatus } from '../../crds/schema.ts';
import { type ConditionStatement, conditionsFrom, isStalledReason } from '../api/conditions.ts';
import type { Problem } from '../api/problem.ts';
import { goesWith, ownershipProblem } from '../apply/ownership.ts';
import { wantedReplicas } from '../builders/deployment.ts';
import { hasVolume } from '../builders/engine.ts';
import { externalUrl } from '../builders/ingress.ts';
import { selectorLabels, tokenSecretName } from '../builders/metadata.ts';
import type { Obstacles } from '../builders/optional-children.ts';
import { serviceUrl } from '../builders/service.ts';
import type { KubeObject } from '../kube/resource.ts';
import { autoscaling } from './autoscaling.ts';
import { databaseReady } from './database.ts';
import { exposed } from './exposed.ts';
import { hostsHeld } from './hosts.ts';
import type { Reach } from './reach.ts';
import type { Serving, ServingInput } from './serving.ts';
import { asleepUntil } from './sleeping.ts';
import { claimCapacity, storageReady } from './storage.ts';
import { rotationIgnored } from './tokens.ts';
import { serverImageOf, updateAvailable } from './update.ts';
import { storagePressure, type Usage } from './usage.ts';

export interface StatusInput extends ServingInput {
  /** The images where the spec names none. */
  serverImage: string;
  postgresImage: string;
  serving: Serving;
  reach: Reach;
  /** What stands in the way of its exposure. */
  obstacles: Obstacles;
  /** What stopped this reconcile before everything was applied. */
  blocked: Problem | undefined;
  /** Why the volume may not grow, in the API server's words. */
  growthRefusal?: string | undefined;
  /** The Secret with the sealing key, where there is no claim beside it, or none to be read. */
  loneSecret?: Pick<KubeObject, 'metadata'> | 'unread' | undefined;
  /** When the last old token goes, where one counts on. */
  oldTokensUntilMs?: number | undefined;
  /** How full the volume is; undefined where that is not known. */
  usage: Usage | undefined;
  /** RFC 3339 time of this reconcile. */
  now: string;
}

/** The whole status as it should read now. */
export function statusOf(input: StatusInput): DumbKVStatus {
  const { dumbkv, children } = input;
  const { name, namespace, generation } = dumbkv.metadata;
  const replicas = children.deployment?.status as { replicas?: number; readyReplicas?: number };
  const capacity = claimCapacity(children.claim);
  const external = input.obstacles.ingressConflict ? undefined : externalUrl(dumbkv);
  const hosts = hostsHeld(input);
  const wakes = asleepUntil(dumbkv);
  const credentials = tokenSecretName(dumbkv);
  const selector = Object.entries(selectorLabels(name)).map((pair) => pair.join('='));
  return {
    observedGeneration: generation,
    conditions: conditionsFrom(
      statements(input),
      dumbkv.status?.conditions ?? [],
      generation,
      input.now,
    ),
    url: serviceUrl(namespace, name),
    ...(external === undefined ? {} : { externalURL: external }),
    ...(hosts === undefined ? {} : { hosts }),
    image: serverImageOf(input),
    replicas: replicas?.replicas ?? 0,
    readyReplicas: replicas?.readyReplicas ?? 0,
    selector: selector.join(','),
    ...(credentials === undefined ? {} : { credentialsSecret: credentials }),
    ...(wakes === undefined ? {} : { asleepUntil: wakes }),
    ...oldTokens(input),
    deletionPolicy: effectivePolicy(dumbkv, children.claim ?? children.cluster ?? input.loneSecret),
    ...(capacity === undefined ? {} : { storage: { capacity, ...shownUsage(input) } }),
  };
}

const shownUsage = ({ usage }: StatusInput) =>
  usage === undefined ? {} : { used: `${usage.percent}%` };

/** What keeps the instance from being ready, the cause that a user must know first. */
export function obstacle({ blocked, serving, reach }: StatusInput): Problem | undefined {
  if (blocked !== undefined) return blocked;
  if (!serving.serves) return serving.problem;
  if (reach.reason === 'Asking') {
    const message = 'The pod is ready; waiting for its answer through the Service.';
    return { reason: 'Deploying', message };
  }
  if (reach.status !== 'False') return undefined;
  return {
    reason: reach.reason === 'Unhealthy' ? 'Unhealthy' : 'Unreachable',
    message: reach.message,
  };
}

function statements(input: StatusInput): ConditionStatement[] {
  const problem = obstacle(input);
  return [
    ready(input, problem),
    ...progress(problem ?? unfinishedOf(input)),
    ...(hasVolume(input.dumbkv) ? [storageReady(input)] : []),
    ...storagePressure(input.usage, claimCapacity(input.children.claim)),
    ...databaseReady(input.dumbkv, input.children),
    { type: 'Reachable', ...input.reach },
    ...exposed(input),
    ...updateAvailable(input),
    ...autoscaling(input.dumbkv, input.children.autoscaler),
    ...rotationIgnored(input.dumbkv),
  ];
}

/** What is to be done yet on an instance that serves. */
const unfinishedOf = ({ serving }: StatusInput): Problem | undefined =>
  serving.serves ? serving.unfinished : undefined;

function ready(input: StatusInput, problem: Problem | undefined): ConditionStatement {
  const { dumbkv, reach } = input;
  if (problem !== undefined) return { type: 'Ready', status: 'False', ...problem };
  const { name, namespace } = dumbkv.metadata;
  const replicas = wantedReplicas(dumbkv);
  const pods = `${replicas} replica${replicas === 1 ? '' : 's'}`;
  const extent = unfinishedOf(input) === undefined ? `with ${pods}` : `on the way to ${pods}`;
  const unverified = reach.status === 'Unknown' ? ` ${reach.message}` : '';
  return {
    type: 'Ready',
    status: 'True',
    reason: 'Available',
    message: `Serves at ${serviceUrl(namespace, name)} ${extent}.${unverified}`,
  };
}

/** As asked, though nothing serves. */
const AT_REST = new Set(['Suspended', 'NoReplicas', 'Sleeping']);

/**
 * `Stalled` and `Reconciling` are there only while true, as kstatus reads them, also beside a
 * `Ready` that is true: some pods serve, and others have to come, or cannot.
 */
function progress(problem: Problem | undefined): ConditionStatement[] {
  if (problem === undefined || AT_REST.has(problem.reason)) return [];
  const type = isStalledReason(problem.reason) ? 'Stalled' : 'Reconciling';
  return [{ type, status: 'True', ...problem }];
}

/** Until when a token counts that a rotation has replaced. */
function oldTokens({ oldTokensUntilMs }: StatusInput): DumbKVStatus {
  if (oldTokensUntilMs === undefined) return {};
  return { oldTokensUntil: `${new Date(oldTokensUntilMs).toISOString().slice(0, 19)}Z` };
}

/**
 * What would become of the data now. It goes with the DumbKV if that alone owns the claim; on
 * somebody else's Postgres the sealing key is all that there is of it, and all is lost without.
 * A claim that is on its way out says nothing of the one that follows.
 */
function effectivePolicy(
  dumbkv: DumbKV,
  part: Pick<KubeObject, 'metadata'> | 'unread' | undefined,
): 'Retain' | 'Delete' {
  const { spec, status } = dumbkv;
  if (part === undefined) return spec.deletionPolicy;
  // what could not be read, or not be released, is as it was
  if (part === 'unread') return status?.deletionPolicy ?? spec.deletionPolicy;
  if (ownershipProblem(dumbkv, part)?.reason === 'Terminating') return spec.deletionPolicy;
  return goesWith(dumbkv, part) ? 'Delete' : 'Retain';
}
