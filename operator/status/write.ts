// Writes the status of a DumbKV, in the only place that does, and only when it differs from what is
// there.
import type { DumbKV, DumbKVStatus } from '../../crds/schema.ts';
import { isOwnConditionType } from '../api/conditions.ts';
import { DUMBKV } from '../api/resources.ts';
import type { ApplyContext } from '../apply/apply.ts';
import { apiVersion, type KubeObject } from '../kube/resource.ts';

/**
 * Applies the status if it is news.
 * @returns whether it was written
 */
export async function writeStatus(
  dumbkv: DumbKV,
  status: DumbKVStatus,
  { client, cache, signal }: ApplyContext,
): Promise<boolean> {
  if (isSameValue(ownPart(dumbkv.status), ownPart(status))) return false;
  const { name, namespace, uid, resourceVersion } = dumbkv.metadata;
  const object: KubeObject = {
    apiVersion: apiVersion(DUMBKV),
    kind: DUMBKV.kind,
    metadata: { name, namespace, uid, resourceVersion },
    status,
  };
  const written = await client.apply(DUMBKV, object, { subresource: 'status' }, signal);
  cache.observeWrite(DUMBKV, written);
  return true;
}

/**
 * The status without conditions that somebody else added, which stay and are no reason to write; in
 * the order of their types, since a map keyed by type has no order of its own.
 */
function ownPart(status: DumbKVStatus | undefined): DumbKVStatus | undefined {
  const conditions = status?.conditions
    ?.filter(({ type }) => isOwnConditionType(type))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
  return conditions === undefined ? status : { ...status, conditions };
}

/** Equality of plain JSON values, whatever the order of their fields. */
export function isSameValue(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || !left || !right)
    return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [a, b] = [left, right] as [Record<string, unknown>, Record<string, unknown>];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isSameValue(a[name], b[name]));
}
