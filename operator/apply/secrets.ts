// Creates the Secrets of an instance, once, and keeps only their metadata in step afterwards: what
// they hold is never overwritten. A POST, so that of two creators one is told that it came second.
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import { SECRET } from '../api/resources.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../kube/resource.ts';
import type { ApplyContext } from './apply.ts';
import { ownershipProblem } from './ownership.ts';

/**
 * Creates a Secret that a live GET did not find; one made meanwhile is a conflict, and is read next
 * time.
 */
export async function createSecret(secret: KubeObject, context: ApplyContext): Promise<void> {
  await context.client.create(SECRET, secret, context.signal);
}

/**
 * Keeps labels, annotations and owner of a Secret in step with the DumbKV. Its fingerprint, or the
 * check of the token Secret, proved that it is this instance's, even where its labels were lost.
 * @returns whether anything had to be written
 * @throws ProblemError if the Secret is somebody else's
 */
export async function updateSecretMetadata(
  dumbkv: DumbKV,
  observed: ObjectMeta,
  desired: ObjectMeta,
  { client, signal }: ApplyContext,
): Promise<boolean> {
  const ownerReferences = mergedOwners(
    observed.ownerReferences ?? [],
    desired.ownerReferences ?? [],
  );
  const isInStep =
    hasAll(observed.labels, desired.labels) &&
    hasAll(observed.annotations, desired.annotations) &&
    JSON.stringify(observed.ownerReferences ?? []) === JSON.stringify(ownerReferences);
  if (isInStep) return false;
  const labelled = { ...observed, labels: { ...observed.labels, ...desired.labels } };
  const problem = ownershipProblem(dumbkv, { kind: SECRET.kind, metadata: labelled });
  if (problem !== undefined) throw new ProblemError(problem);
  const { name, uid, resourceVersion } = observed;
  const { labels, annotations } = desired;
  const metadata = {
    ...{ uid, resourceVersion, labels, ownerReferences },
    ...(annotations === undefined ? {} : { annotations }),
  };
  await client.mergePatch(SECRET, dumbkv.metadata.namespace, name, { metadata }, signal);
  return true;
}

/** Others' owners stay; of ours there is the desired one or none. */
function mergedOwners(observed: OwnerReference[], desired: OwnerReference[]): OwnerReference[] {
  const others = observed.filter(
    ({ kind, controller }) => kind !== 'DumbKV' || controller !== true,
  );
  const present = observed.filter(({ uid }) => desired.some((reference) => reference.uid === uid));
  return [...others, ...(present.length > 0 ? present : desired)];
}

function hasAll(
  observed: Record<string, string> | undefined,
  desired: Record<string, string> | undefined,
): boolean {
  return Object.entries(desired ?? {}).every(([name, value]) => observed?.[name] === value);
}
