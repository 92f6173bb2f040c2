// Applies a child over a live object in which others' fields stand beside ours. Where the two make
// an invalid mixture (a rolling update beside Recreate), no apply can put it back, since it leaves
// others' fields alone: then their fields become ours first, and the apply takes them away.
import { randomUUID } from 'node:crypto';
import { isDataHolder } from '../api/resources.ts';
import { ApiError, isConflict, isInvalid } from '../kube/api-errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { withLatestTakenOver } from './takeover.ts';

/** What calls to the API server need. */
export interface Calls {
  client: KubeClient;
  signal: AbortSignal;
}

/**
 * Applies what is desired over the very object that was looked at.
 * @throws ApiError if it is refused for another cause than what others added
 */
export async function applyOver(
  type: ResourceType,
  live: KubeObject,
  desired: KubeObject,
  calls: Calls,
): Promise<KubeObject> {
  try {
    return await apply(type, live, desired, calls);
  } catch (error) {
    // others fill in fields of what holds data, many for good: of those nothing is taken
    if (!isInvalidSpec(error) || isDataHolder(type.kind)) throw error;
    return untangle(type, live, desired, { error, ...calls });
  }
}

/** Takes over the fields of one manager after the other, until the apply passes. */
async function untangle(
  type: ResourceType,
  live: KubeObject,
  desired: KubeObject,
  { error, client, signal }: Calls & { error: unknown },
): Promise<KubeObject> {
  const { namespace, name, uid } = live.metadata;
  const whole = await client.get(type, namespace, name, signal);
  let { resourceVersion } = live.metadata;
  let managedFields = withLatestTakenOver(whole?.metadata.managedFields ?? []);
  if (managedFields === undefined) throw error;
  if (!(await isSound(type, desired, { client, signal }))) throw error;
  while (managedFields !== undefined) {
    const patch = { metadata: { uid, resourceVersion, managedFields } };
    const taken = await client.mergePatch(type, namespace, name, patch, signal);
    try {
      return await apply(type, taken, desired, { client, signal });
    } catch (stillRefused) {
      if (!isInvalidSpec(stillRefused)) throw stillRefused;
    }
    ({ resourceVersion } = taken.metadata);
    managedFields = withLatestTakenOver(taken.metadata.managedFields ?? []);
  }
  throw error;
}

/** Whether the API server would take what is desired, were there nothing beside it. */
async function isSound(
  type: ResourceType,
  desired: KubeObject,
  { client, signal }: Calls,
): Promise<boolean> {
  const name = `${desired.metadata.name}-${randomUUID().slice(0, 8)}`;
  const alone = { ...desired, metadata: { ...desired.metadata, name } };
  try {
    await client.apply(type, alone, { dryRun: true }, signal);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return !isInvalid(error);
    throw error;
  }
}

function apply(
  type: ResourceType,
  { metadata }: KubeObject,
  desired: KubeObject,
  { client, signal }: Calls,
): Promise<KubeObject> {
  const { uid = '', resourceVersion = '' } = metadata;
  const object = { ...desired, metadata: { ...desired.metadata, uid, resourceVersion } };
  return client.apply(type, object, {}, signal);
}

/** Refused for a field of its spec; a policy that says no names none. */
const isInvalidSpec = (error: unknown): boolean =>
  error instanceof ApiError &&
  isInvalid(error) &&
  !isConflict(error) &&
  (error.details.causes ?? []).some(({ field }) => field?.startsWith('spec'));
