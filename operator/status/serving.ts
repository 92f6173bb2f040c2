// Whether an instance serves, and if not, why: read from its children, the worst cause first. Pure.
// reconcile.ts asks it to know whether to probe; compute.ts turns the answer into conditions.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { wantedReplicas } from '../builders/deployment.ts';
import { INSTANCE_LABEL } from '../builders/metadata.ts';
import { isTemplateObserved } from '../builders/pinned.ts';
import { isWell, podProblem } from '../checks/pod-problem.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Children } from '../reconcile/observe.ts';
import { databaseProblem } from './database.ts';
import { sleepingSentence } from './sleeping.ts';

/**
 * Either serving, with a key that changes when the endpoints do and what keeps the rest of its pods
 * from doing so, or the reason why not.
 */
export type Serving =
  | { serves: true; endpoints: string; unfinished: Problem | undefined }
  | { serves: false; problem: Problem };

interface DeploymentStatus {
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
}

interface Endpoint {
  addresses?: string[];
  conditions?: { ready?: boolean };
  targetRef?: { uid?: string };
}

/** What is known of an instance's children, and whether the class of its claim is missing. */
export interface ServingInput {
  dumbkv: DumbKV;
  children: Children;
  isStorageClassMissing: boolean;
}

/** Judges the children of an instance. */
export function servingOf(input: ServingInput): Serving {
  const { dumbkv, children } = input;
  const { deployment, pods, endpointSlices } = children;
  const problem = notWanted(dumbkv) ?? claimProblem(input) ?? databaseProblem(dumbkv, children);
  if (problem !== undefined) return { serves: false, problem };
  const unfinished = podProblem(pods) ?? rolloutProblem(dumbkv, deployment);
  const serves = unfinished === undefined || (isSteady(deployment) && pods.some(isWell));
  if (!serves) return { serves, problem: unfinished };
  const endpoints = readyEndpoints(endpointSlices);
  if (endpoints.length > 0) return { serves, endpoints: endpoints.join(','), unfinished };
  return waiting('Deploying', 'The pod is ready; its Service does not lead to it yet.');
}

/** Whether all pods that there are have the template that is asked, and one of them is ready. */
function isSteady(deployment: KubeObject | undefined): boolean {
  if (deployment === undefined || !isTemplateObserved(deployment)) return false;
  const { replicas, updatedReplicas, readyReplicas = 0 } = deployment.status as DeploymentStatus;
  return updatedReplicas === replicas && readyReplicas > 0;
}

const waiting = (reason: Problem['reason'], message: string): Serving => ({
  serves: false,
  problem: { reason, message },
});

function notWanted(dumbkv: DumbKV): Problem | undefined {
  if (wantedReplicas(dumbkv) > 0) return undefined;
  const { suspended, replicas } = dumbkv.spec;
  if (suspended) {
    const message =
      'spec.suspended is true: no pod runs, the data is kept. Set it to false to resume.';
    return { reason: 'Suspended', message };
  }
  if (replicas > 0) return { reason: 'Sleeping', message: sleepingSentence(dumbkv) };
  const message = 'spec.replicas is 0: no pod runs, the data is kept. Set it to 1 to serve.';
  return { reason: 'NoReplicas', message };
}

/**
 * What is wrong with the claim itself; one that merely waits for its first pod is no problem of its
 * own.
 */
export function claimProblem({
  children,
  isStorageClassMissing,
}: ServingInput): Problem | undefined {
  const { claim } = children;
  const spec = claim?.spec as { storageClassName?: string } | undefined;
  if (isStorageClassMissing) {
    return {
      reason: 'StorageClassNotFound',
      message:
        `StorageClass "${spec?.storageClassName}" does not exist (see: kubectl get ` +
        'storageclass). Create it, or delete this DumbKV and its claim and apply it again with ' +
        'a class that does.',
    };
  }
  if (claimPhase(claim) !== 'Lost') return undefined;
  return {
    reason: 'VolumeLost',
    message:
      `The volume of PersistentVolumeClaim "${claim?.metadata.name}" is gone. Bring the ` +
      'PersistentVolume back, or delete the claim and restore the data from a copy.',
  };
}

/** `Bound`, `Pending`, `Lost`, or undefined before the cluster has looked at the claim. */
export function claimPhase(claim: KubeObject | undefined): string | undefined {
  return (claim?.status as { phase?: string } | undefined)?.phase;
}

function rolloutProblem(dumbkv: DumbKV, deployment: KubeObject | undefined): Problem | undefined {
  const wanted = wantedReplicas(dumbkv);
  const status = (deployment?.status ?? {}) as DeploymentStatus;
  const isObserved = (status.observedGeneration ?? 0) >= (deployment?.metadata.generation ?? 1);
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status;
  const isDone =
    isObserved && [replicas, updatedReplicas, readyReplicas].every((n) => n === wanted);
  if (isDone) return undefined;
  const failure = status.conditions?.find(({ type }) => type === 'ReplicaFailure');
  if (failure?.status === 'True') {
    const message = `The cluster refuses the pod: ${failure.message}. Mend what it names.`;
    return { reason: 'ChildRejected', message };
  }
  const progress = status.conditions?.find(({ type }) => type === 'Progressing');
  if (isObserved && progress?.reason === 'ProgressDeadlineExceeded') {
    const { name, namespace } = dumbkv.metadata;
    const message =
      'The pod did not become ready in time, and says no cause itself. See what it waits for, ' +
      `a volume for instance: kubectl -n ${namespace} describe pod -l ${INSTANCE_LABEL}=${name}.`;
    return { reason: progress.reason, message };
  }
  const isKnown = deployment !== undefined && isTemplateObserved(deployment);
  const ready = isKnown ? Math.min(readyReplicas, updatedReplicas) : 0;
  return {
    reason: 'Deploying',
    message: `${ready} of ${wanted} pods are ready; waiting for the Deployment.`,
  };
}

/** One entry for each endpoint that takes requests, in a stable order. */
function readyEndpoints(slices: readonly KubeObject[]): string[] {
  const endpoints = slices.flatMap((slice) => (slice.endpoints ?? []) as Endpoint[]);
  return endpoints
    .filter(({ conditions, addresses }) => conditions?.ready !== false && addresses?.length)
    .map(({ addresses, targetRef }) => `${addresses?.[0]}/${targetRef?.uid ?? ''}`)
    .sort();
}
