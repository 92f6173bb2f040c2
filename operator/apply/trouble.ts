// What is told of a child that does not stay as it is asked: that an admission undoes it, or which
// other manager sets it back. update.ts finds it; reconcile.ts tells it, in the status where it is
// about what was asked for, otherwise once, in an event.
import { ApiError } from '../kube/api-errors.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { contentionLimits } from '../limits.ts';
import type { Calls } from './untangle.ts';

/** A child that does not stay as it is asked. */
export interface Trouble {
  readonly kind: string;
  readonly reason: 'Undone' | 'Contested';
  readonly message: string;
  /** Whether it does not do what it is asked to, as against lost marks. */
  readonly isAboutSpec: boolean;
  isTold: boolean;
}

/** A write that was taken, but left the object without something that it asked. */
export function undone({ kind }: ResourceType, { metadata }: KubeObject, path: string): Trouble {
  return {
    ...{ kind, reason: 'Undone', isAboutSpec: path.startsWith('spec'), isTold: false },
    message:
      `${kind} "${metadata.name}" was written, but ${path} is not as it was asked: an admission ` +
      'policy or webhook changes it. It is asked again after pauses that grow to five minutes; ' +
      'change the policy, or what the DumbKV asks.',
  };
}

/** A child that is changed again each time it was put back. */
export function contested(
  { kind }: ResourceType,
  { metadata }: KubeObject,
  { path, rivals }: { path: string; rivals: string },
): Trouble {
  return {
    ...{ kind, reason: 'Contested', isAboutSpec: path.startsWith('spec'), isTold: false },
    message:
      `${kind} "${metadata.name}" was put back ${contentionLimits.immediateWrites} times, and ` +
      `${rivals} changed it again each time. It is put back more and more rarely now; stop the ` +
      'other manager from writing these fields.',
  };
}

/**
 * Who sets a child back is what the API server says to an apply that would not overrule anybody,
 * and is only tried: `"somebody" (.spec.replicas)` for each field that somebody else manages.
 */
export async function findRivals(
  type: ResourceType,
  desired: KubeObject,
  { client, signal }: Calls,
): Promise<string> {
  try {
    await client.apply(type, desired, { dryRun: true, force: false }, signal);
    return '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const named = (error.details.causes ?? []).flatMap(({ message, field }) => {
      const manager = /^conflict with ("[^"]+")/.exec(message ?? '')?.[1];
      return manager === undefined ? [] : [`${manager} (${field})`];
    });
    return named.join(' and ');
  }
}
