// What the status says of a rotation of tokens that the operator cannot make. Pure; compute.ts puts
// it beside the other conditions.
import type { DumbKV } from '../../crds/schema.ts';
import type { ConditionStatement } from '../api/conditions.ts';
import { ROTATE_TOKEN_ANNOTATION } from '../builders/metadata.ts';
import { rotationRefusal } from '../tokens/rotation.ts';

/** The condition `RotationIgnored`, as long as it is asked for in vain. */
export function rotationIgnored(dumbkv: DumbKV): ConditionStatement[] {
  const refusal = rotationRefusal(dumbkv);
  if (refusal === undefined) return [];
  const message =
    `The annotation ${ROTATE_TOKEN_ANNOTATION} asks for a new token, but ${refusal}. Take the ` +
    'annotation away.';
  return [{ type: 'RotationIgnored', status: 'True', reason: 'NoOwnToken', message }];
}
