// What is told of a child that does not stay as it is asked: that an admission undoes it, or which
// other manager sets it back. apply.ts tells it once; reconcile.ts makes an event and a log line.
import { ApiError } from '../kube/api-errors.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { contentionLimits } from '../limits.ts';
import type { Calls } from './untangle.ts';

/** A child that does not stay as it is asked. */
export interface Trouble {
  kind: string;
  reason: 'Undone' | 'Contested';
  message: string;
}

/** An apply that was taken, but left the object without something that it asked. */
export function undone({ kind = '', metadata }: KubeObject, path: string): Trouble {
  return {
    ...{ kind, reason: 'Undone' },
    message:
      `${kind} "${metadata.name}" was written, but ${path} is not as it was asked: an admission ` +
      'policy or webhook changes it. It is asked again when either side changes; change the ' +
      'policy, or what the DumbKV asks.',
  };
}

/**
 * A child that is changed again each time it was put back. Who does it is what the API server says
 * to an apply that would not overrule anybody, and is only tried.
 */
export async function contested(
  type: ResourceType,
  desired: KubeObject,
  { client, signal }: Calls,
): Promise<Trouble> {
  let rivals = 'somebody';
  try {
    await client.apply(type, desired, { dryRun: true, force: false }, signal);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    rivals = rivalsNamedBy(error) || rivals;
  }
  return {
    ...{ kind: type.kind, reason: 'Contested' },
    message:
      `${type.kind} "${desired.metadata.name}" was put back ${contentionLimits.immediateWrites} ` +
      `times, and ${rivals} changed it again each time. It is put back more and more rarely now; ` +
      'stop the other manager from writing these fields.',
  };
}

/** `"somebody" (.spec.replicas)` for each field that somebody else manages. */
function rivalsNamedBy({ details }: ApiError): string {
  const named = (details.causes ?? []).flatMap(({ message, field }) => {
    const manager = /^conflict with ("[^"]+")/.exec(message ?? '')?.[1];
    return manager === undefined ? [] : [`${manager} (${field})`];
  });
  return named.join(' and ');
}
