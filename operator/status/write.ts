// Writes the status of a DumbKV, in the only place that does, and only when it differs from what is
// there. The status is the operator's own: whatever it does not state is taken away.
import type { Condition, DumbKV, DumbKVStatus } from '../../crds/schema.ts';
import { isOwnConditionType } from '../api/conditions.ts';
import { DUMBKV } from '../api/resources.ts';
import { isSameValue } from '../api/same-value.ts';
import type { ApplyContext } from '../apply/apply.ts';
import { statusLimits } from '../limits.ts';
import { overwriting } from './overwriting.ts';

/**
 * Writes the status if it is news. A merge patch, since server-side apply leaves in place what
 * another manager, or an older version, has put there.
 * @returns whether it was written
 */
export async function writeStatus(
  dumbkv: DumbKV,
  stated: DumbKVStatus,
  { client, cache, signal }: ApplyContext,
): Promise<boolean> {
  const live = dumbkv.status;
  const status = { ...stated, conditions: withOthers(stated.conditions, live?.conditions) };
  if (isSameValue(sorted(live), sorted(status))) return false;
  const { name, namespace, uid, resourceVersion } = dumbkv.metadata;
  const patch = { metadata: { uid, resourceVersion }, status: overwriting(live, status) };
  const written = await client.mergePatch(DUMBKV, namespace, name, patch, signal, 'status');
  cache.observeWrite(DUMBKV, written);
  return true;
}

/** Our conditions, and behind them those that others keep in the same list, as far as they fit. */
function withOthers(own: Condition[] = [], live: readonly Condition[] = []): Condition[] {
  const others = live.filter(({ type }) => !isOwnConditionType(type));
  return [...own, ...others].slice(0, statusLimits.conditions);
}

/** In the order of their types, since a map keyed by type has no order of its own. */
function sorted(status: DumbKVStatus | undefined): DumbKVStatus | undefined {
  const conditions = status?.conditions?.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return conditions === undefined ? status : { ...status, conditions };
}
