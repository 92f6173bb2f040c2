// What a reconcile tells in events: that a child was made or brought back. bring-about.ts and
// data-set.ts tell it after the write.
import type { Applied, WriteContext } from '../apply/apply.ts';
import type { DesiredChild } from '../builders/desired.ts';
import type { Happening } from '../status/events.ts';
import type { InstanceCache, ObserveContext } from './observe.ts';

/** What steps need besides the API server and the caches: a way to tell what happened. */
export interface TellingContext extends ObserveContext, WriteContext {
  cache: InstanceCache;
  record: (happening: Happening) => Promise<void>;
}

/**
 * Tells of a child that was created or updated; of one that was as desired there is nothing to
 * tell.
 */
export async function tell(
  { type, object }: DesiredChild,
  { result }: Applied,
  { record }: TellingContext,
): Promise<void> {
  const { name } = object.metadata;
  if (result === 'created') await record(created(type.kind, name));
  if (result === 'updated') {
    const note = `Updated ${type.kind} "${name}".`;
    await record({ type: 'Normal', reason: 'Updated', action: 'Apply', note });
  }
}

/** The event of a new child. */
export const created = (kind: string, name: string): Happening => ({
  type: 'Normal',
  reason: 'Created',
  action: 'Create',
  note: `Created ${kind} "${name}".`,
});
