// Whose a live object is, told from its metadata; pure. apply.ts and secrets.ts ask before every
// write.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { CLAIM, isDataHolder, POSTGRES_CLUSTER, SECRET } from '../api/resources.ts';
import {
  INSTANCE_LABEL,
  MANAGED_BY_LABEL,
  OPERATOR_NAME,
  OWNER_UID_ANNOTATION,
} from '../builders/metadata.ts';
import type { KubeObject, ObjectMeta } from '../kube/resource.ts';

/**
 * Why an object of a child's name may not be written by this DumbKV now: it is being deleted, it
 * was left by an earlier DumbKV of the same name (the garbage collector is about to take it), or it
 * is somebody else's. Undefined when it is ours.
 */
export function ownershipProblem(dumbkv: DumbKV, live: KubeObject): Problem | undefined {
  const { metadata, kind } = live;
  const title = `${kind} "${metadata.name}"`;
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  const isOldSelf =
    controller !== undefined &&
    controller.kind === 'DumbKV' &&
    controller.name === dumbkv.metadata.name &&
    controller.uid !== dumbkv.metadata.uid;
  if (metadata.deletionTimestamp !== undefined || isOldSelf) {
    return {
      reason: 'Terminating',
      message: `${title} of an earlier object is being deleted; waiting until it is gone.`,
    };
  }
  if (
    controller === undefined ? isMarkedAsOurs(dumbkv, live) : controller.uid === dumbkv.metadata.uid
  ) {
    return undefined;
  }
  const owner =
    controller === undefined
      ? 'not made by this operator'
      : `owned by ${controller.kind} "${controller.name}"`;
  const remedy = controller === undefined ? remedyFor(dumbkv, live) : '';
  return {
    reason: 'NameConflict',
    message: `${title} exists and is ${owner}. ${adviceFor(kind)}${remedy}`,
  };
}

/** Whether the garbage collector takes an object with this DumbKV: it has no other owner. */
export function goesWith({ metadata: { uid } }: DumbKV, { metadata }: KubeObject): boolean {
  const owners = metadata.ownerReferences ?? [];
  return owners.length > 0 && owners.every((owner) => owner.uid === uid);
}

/** Whether an object goes with this very DumbKV. */
export const isOwnedBy = (dumbkv: DumbKV, { ownerReferences = [] }: ObjectMeta): boolean =>
  ownerReferences.some(({ uid }) => uid === dumbkv.metadata.uid);

/** What holds data and lost all marks may be given back, by whoever knows whose it is. */
function remedyFor(dumbkv: DumbKV, { kind, metadata }: KubeObject): string {
  if (!isDataHolder(kind)) return '';
  const resource =
    kind === CLAIM.kind ? 'pvc' : `${POSTGRES_CLUSTER.plural}.${POSTGRES_CLUSTER.group}`;
  const { namespace, uid } = dumbkv.metadata;
  const target = `-n ${namespace} ${resource} ${metadata.name}`;
  return (
    ' If it is its own and lost its marks: kubectl annotate --overwrite ' +
    `${target} ${OWNER_UID_ANNOTATION}=${uid}`
  );
}

/** Nobody is told to delete what may hold data, or the only copy of a key. */
function adviceFor(kind: string | undefined): string {
  if (isDataHolder(kind)) return 'It may hold data: give this DumbKV another name.';
  return kind === SECRET.kind
    ? 'It may hold the only copy of a key: give this DumbKV another name.'
    : 'Delete or rename it, or give this DumbKV another name.';
}

function isMarkedAsOurs(dumbkv: DumbKV, live: KubeObject): boolean {
  const { labels, annotations } = live.metadata;
  // where a claim lost its labels, its annotation, or an owner, still says whose it is
  if (annotations?.[OWNER_UID_ANNOTATION] === dumbkv.metadata.uid) return true;
  if (isDataHolder(live.kind) && isOwnedBy(dumbkv, live.metadata)) return true;
  const [keeper, instance] = [labels?.[MANAGED_BY_LABEL], labels?.[INSTANCE_LABEL]];
  if (keeper === undefined && instance === undefined) return wasWrittenByUs(live);
  return keeper === OPERATOR_NAME && instance === dumbkv.metadata.name;
}

/**
 * Whether an object that lost its marks was written by this operator, as only a live read tells;
 * its name says for which instance. A claim must prove more, since a new key would lose its data.
 */
const wasWrittenByUs = ({ kind, metadata }: KubeObject): boolean =>
  !isDataHolder(kind) &&
  (metadata.managedFields ?? []).some(({ manager }) => manager === OPERATOR_NAME);
