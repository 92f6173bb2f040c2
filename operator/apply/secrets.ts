// Creates the Secrets of an instance, once, and keeps only their metadata in step afterwards: what
// they hold is never overwritten. A POST, so that of two creators one is told that it came second.
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import { SECRET } from '../api/resources.ts';
import type { KubeObject, ObjectMeta } from '../kube/resource.ts';
import type { ApplyContext } from './apply.ts';
import { contains } from './contains.ts';
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
  const { labels, annotations, ownerReferences: owners = [] } = desired;
  const present = observed.ownerReferences ?? [];
  const others = present.filter(({ uid }) => uid !== dumbkv.metadata.uid);
  const isInStep =
    contains(observed, { labels, annotations }) &&
    (owners.length > 0 ? contains(present, owners) : others.length === present.length);
  if (isInStep) return false;
  const labelled = { ...observed, labels: { ...observed.labels, ...desired.labels } };
  const problem = ownershipProblem(dumbkv, { kind: SECRET.kind, metadata: labelled });
  if (problem !== undefined) throw new ProblemError(problem);
  const { name, uid, resourceVersion } = observed;
  const metadata = {
    ...{ uid, resourceVersion, labels, ownerReferences: [...others, ...owners] },
    ...(annotations === undefined ? {} : { annotations }),
  };
  await client.mergePatch(SECRET, dumbkv.metadata.namespace, name, { metadata }, signal);
  return true;
}
