// The sweep: entries that have ended are removed, and old removals forgotten, a few rows a step.
// Nobody waits for it: reads look at the clock themselves.
// Next: `writer.ts` runs a step, `sweep-clock.ts` says when.
import { limits } from '../limits.ts';
import type { DueRow, Writes } from './statements.ts';
import type { StoreState } from './store.ts';
import { counted } from './transaction.ts';

export interface SweepParts {
  readonly run: Writes;
  readonly nowMs: number;
  /** No room is left: entries that have ended leave nothing behind. */
  readonly leavesNothing: boolean;
}

export interface Swept {
  /** How many entries were ended: each is a change with a revision of its own. */
  readonly ended: number;
  /** There may be more to do at once. */
  readonly hasMore: boolean;
}

/** One step, to be run in a transaction. */
export function sweepStep({ run, nowMs, leavesNothing }: SweepParts): Swept {
  let state = run.state();
  const before = state;
  const expired = run.expired(nowMs, limits.sweepRowsMax);
  for (const row of expired) state = end(run, row, state, { nowMs, leavesNothing });
  const forgotten = forgettable(run, state, nowMs);
  for (const { id, revision } of forgotten) {
    run.eraseId(id);
    const feedFloor = Math.max(state.feedFloor, revision);
    state = { ...counted(state, { removals: -1 }), feedFloor };
  }
  if (state !== before) run.setState(state);
  const isFull = (rows: readonly DueRow[]) => rows.length === limits.sweepRowsMax;
  return { ended: expired.length, hasMore: isFull(expired) || isFull(forgotten) };
}

function end(
  run: Writes,
  { id, storedBytes }: DueRow,
  state: StoreState,
  { nowMs, leavesNothing }: Pick<SweepParts, 'nowMs' | 'leavesNothing'>,
): StoreState {
  const revision = state.revision + 1;
  const rest = { ...counted(state, { keys: -1, storedBytes: -storedBytes }), revision };
  if (leavesNothing) {
    run.eraseId(id);
    return { ...rest, feedFloor: revision };
  }
  run.buryId(id, { removedAtMs: nowMs, revision });
  return counted(rest, { removals: 1 });
}

/** Removals that are too old, or too many. */
function forgettable(run: Writes, { removals }: StoreState, nowMs: number): DueRow[] {
  const tooMany = Math.min(removals - limits.removalsMax, limits.sweepRowsMax);
  if (tooMany > 0) return run.removed(nowMs, tooMany);
  return run.removed(nowMs - limits.removalRetentionMs, limits.sweepRowsMax);
}

/** How long until the next step has something to do; undefined: nothing is to come. */
export function nextSweepMs(run: Writes, nowMs: number): number | undefined {
  if (run.state().removals > limits.removalsMax) return limits.sweepDelayMinMs;
  const { expiresAtMs, removedAtMs } = run.nextEnds();
  const forgetAtMs = removedAtMs === null ? null : removedAtMs + limits.removalRetentionMs;
  const times = [expiresAtMs, forgetAtMs].filter((time) => time !== null);
  if (times.length === 0) return undefined;
  const delayMs = Math.min(...times) - nowMs;
  return Math.min(Math.max(delayMs, limits.sweepDelayMinMs), limits.sweepDelayMaxMs);
}
