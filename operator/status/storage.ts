// How the volume of an instance is doing: bound, growing, or refused to grow, while the instance
// serves all the same. Pure. compute.ts makes it the condition `StorageReady`.
import type { ConditionStatement } from '../api/conditions.ts';
import { isLargerQuantity } from '../api/quantity.ts';
import type { KubeObject } from '../kube/resource.ts';
import { claimPhase, claimProblem, type ServingInput } from './serving.ts';

interface ClaimStatus {
  capacity?: { storage?: string };
  conditions?: { type: string; status: string; message?: string }[];
  allocatedResourceStatuses?: { storage?: string };
}

type StorageInput = ServingInput & { growthRefusal?: string | undefined };

/** The condition of an instance that has a volume. */
export function storageReady(input: StorageInput): ConditionStatement {
  const { claim } = input.children;
  const problem = claimProblem(input);
  if (problem !== undefined) return { type: 'StorageReady', status: 'False', ...problem };
  if (claimPhase(claim) !== 'Bound') {
    const message = 'The claim is not bound yet; many storage classes wait for the first pod.';
    return { type: 'StorageReady', status: 'False', reason: 'VolumePending', message };
  }
  const refusal = input.growthRefusal ?? infeasible(claim);
  if (refusal !== undefined) return refused(input, refusal);
  const message = expanding(claim);
  return message === undefined
    ? {
        type: 'StorageReady',
        status: 'True',
        reason: 'Bound',
        message: `PersistentVolumeClaim "${claim?.metadata.name}" is bound.`,
      }
    : { type: 'StorageReady', status: 'True', reason: 'Expanding', message };
}

/** The size that the volume has, once there is one. */
export const claimCapacity = (claim: KubeObject | undefined): string | undefined =>
  statusOf(claim).capacity?.storage;

function refused({ dumbkv, children }: StorageInput, why: string): ConditionStatement {
  const size = claimCapacity(children.claim) ?? 'what it was';
  return {
    type: 'StorageReady',
    status: 'False',
    reason: 'ExpansionRefused',
    message:
      `The volume cannot grow to ${dumbkv.spec.storage.size}: ${why.replace(/\.$/, '')}. ` +
      `Set storage.size back to ${size}, or have its StorageClass allow it.`,
  };
}

/** The driver has tried, and says that it never will. */
function infeasible(claim: KubeObject | undefined): string | undefined {
  const state = statusOf(claim).allocatedResourceStatuses?.storage;
  return state?.endsWith('Infeasible') ? `its driver says ${state}` : undefined;
}

/** What it waits for, where the claim asks for more than the volume has. */
function expanding(claim: KubeObject | undefined): string | undefined {
  const spec = claim?.spec as { resources?: { requests?: { storage?: string } } } | undefined;
  const asked = spec?.resources?.requests?.storage;
  const capacity = claimCapacity(claim);
  if (asked === undefined || capacity === undefined || !isLargerQuantity(asked, capacity)) {
    return undefined;
  }
  const pending = statusOf(claim).conditions?.find(
    ({ type, status }) => type === 'FileSystemResizePending' && status === 'True',
  );
  const waits =
    pending === undefined
      ? 'the instance serves meanwhile'
      : 'its file system grows when the pod is started next, if not by itself';
  return `The volume grows from ${capacity} to ${asked}; ${waits}.`;
}

const statusOf = (claim: KubeObject | undefined): ClaimStatus =>
  (claim?.status as ClaimStatus | undefined) ?? {};
