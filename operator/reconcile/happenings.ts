// What a reconcile tells in events: that a child was made or brought back. bring-about.ts and
// data-set.ts tell it after the write.
import type { Trouble } from '../apply/trouble.ts';
import type { Applied, WriteContext } from '../apply/update.ts';
import type { DesiredChild } from '../builders/desired.ts';
import type { Happening } from '../status/events.ts';
import type { FoundChildren } from './found-children.ts';
import type { ObserveContext } from './observe.ts';

/** What steps need besides the API server and the caches: a way to tell what happened. */
export interface TellingContext extends ObserveContext, WriteContext {
  cache: FoundChildren;
  /** The children that do not stay as they are asked, gathered for the report. */
  troubles: Trouble[];
  record: (happening: Happening) => Promise<void>;
}

/**
 * Tells of a child that was created or updated; of one that was as desired there is nothing to
 * tell.
 */
export async function tell(
  { type, object }: DesiredChild,
  applied: Applied,
  context: TellingContext,
): Promise<void> {
  const { result } = gather(applied, context);
  const { record } = context;
  const { name } = object.metadata;
  if (result === 'created') await record(created(type.kind, name));
  if (result === 'updated') {
    const note = `Updated ${type.kind} "${name}".`;
    await record({ type: 'Normal', reason: 'Updated', action: 'Apply', note });
  }
}

/** Keeps what is wrong with a child for the report. */
export function gather(applied: Applied, { troubles }: TellingContext): Applied {
  if (applied.trouble !== undefined) troubles.push(applied.trouble);
  return applied;
}

/** The event of a new child. */
export const created = (kind: string, name: string): Happening => ({
  type: 'Normal',
  reason: 'Created',
  action: 'Create',
  note: `Created ${kind} "${name}".`,
});
