// Whose a live object is, told from its metadata; pure. apply.ts and secrets.ts ask before every
// write.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { CLAIM } from '../api/resources.ts';
import {
  INSTANCE_LABEL,
  MANAGED_BY_LABEL,
  OPERATOR_NAME,
  OWNER_UID_ANNOTATION,
} from '../builders/metadata.ts';
import type { KubeObject } from '../kube/resource.ts';

/**
 * Why an object of a child's name may not be written by this DumbKV now: it is being deleted, it
 * was
 * left by an earlier DumbKV of the same name (the garbage collector is about to take it), or it is
 * somebody else's. Undefined when it is ours.
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
  return {
    reason: 'NameConflict',
    message:
      `${title} exists and is ${owner}. ` +
      (kind === CLAIM.kind
        ? 'It may hold data: give this DumbKV another name.'
        : 'Delete or rename it, or give this DumbKV another name.'),
  };
}

// a retained claim has no owner: where it lost its labels, its annotation still says whose it is
function isMarkedAsOurs(dumbkv: DumbKV, { metadata }: KubeObject): boolean {
  if (metadata.annotations?.[OWNER_UID_ANNOTATION] === dumbkv.metadata.uid) return true;
  return (
    metadata.labels?.[MANAGED_BY_LABEL] === OPERATOR_NAME &&
    metadata.labels[INSTANCE_LABEL] === dumbkv.metadata.name
  );
}
