// Creates the Secrets of an instance, once, and keeps only their metadata in step afterwards: what
// they hold is never overwritten. A POST, so that of two creators one is told that it came second.
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import { SECRET } from '../api/resources.ts';
import { OWNER_UID_ANNOTATION } from '../builders/metadata.ts';
import type { KubeObject, ObjectMeta, ResourceType } from '../kube/resource.ts';
import { firstDifference } from './contains.ts';
import { ownershipProblem } from './ownership.ts';
import { type Applied, type ApplyContext, updateChild, type WriteContext } from './update.ts';

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
 * @throws ProblemError if the Secret is somebody else's
 */
export async function updateSecretMetadata(
  dumbkv: DumbKV,
  observed: ObjectMeta,
  desired: ObjectMeta,
  context: WriteContext,
): Promise<Applied> {
  const { labels = {}, annotations = {}, ownerReferences } = desired;
  const inStep = { labels, annotations, ...(ownerReferences && { ownerReferences }) };
  const update = {
    ...{ type: SECRET, live: { metadata: observed }, wish: JSON.stringify(inStep) },
    difference: ({ metadata }: KubeObject) =>
      firstDifference({ annotations: {}, ...metadata }, inStep, 'metadata'),
    write: () => {
      const labelled = { ...observed, labels: { ...observed.labels, ...labels } };
      const problem = ownershipProblem(dumbkv, { kind: SECRET.kind, metadata: labelled });
      if (problem !== undefined) throw new ProblemError(problem);
      const owners = [...ownersBut(dumbkv, observed), ...(ownerReferences ?? [])];
      const merged = ownerReferences && { ownerReferences: owners };
      return patch(SECRET, observed, { ...inStep, ...merged }, context);
    },
  };
  return updateChild(dumbkv, update, context);
}

/**
 * Takes this DumbKV's owner references off a part of the data, whoever put them there and however
 * often: they delete it.
 */
export async function releaseData(
  dumbkv: DumbKV,
  type: ResourceType,
  { metadata }: Pick<KubeObject, 'metadata'>,
  context: WriteContext,
): Promise<Applied> {
  const update = {
    ...{ type, live: { metadata }, wish: 'no owner', isUrgent: true },
    difference: (object: KubeObject) =>
      ownersBut(dumbkv, object.metadata).length === (object.metadata.ownerReferences ?? []).length
        ? undefined
        : 'metadata.ownerReferences',
    write: () => {
      const ownerReferences = ownersBut(dumbkv, metadata);
      // that may have been the last mark on it, so the same patch says whose it is
      const annotations = { [OWNER_UID_ANNOTATION]: dumbkv.metadata.uid };
      return patch(type, metadata, { ownerReferences, annotations }, context);
    },
  };
  return updateChild(dumbkv, update, context);
}

function patch(
  type: ResourceType,
  { namespace, name, uid, resourceVersion }: ObjectMeta,
  change: Partial<ObjectMeta>,
  { client, signal }: WriteContext,
): Promise<KubeObject> {
  const metadata = { uid, resourceVersion, ...change };
  return client.mergePatch(type, namespace, name, { metadata }, signal);
}

const ownersBut = ({ metadata: { uid } }: DumbKV, { ownerReferences = [] }: ObjectMeta) =>
  ownerReferences.filter((owner) => owner.uid !== uid);
