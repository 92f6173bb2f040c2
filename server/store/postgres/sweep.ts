// The sweep on Postgres: entries that have ended are removed, and old removals forgotten, by one
// replica at a time and a few rows a step. Nobody waits for it: reads look at the clock themselves.
// Next: `writer.ts` runs a step between two groups.
import type { BaseLogger } from 'pino';
import { messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { Batch, Change } from '../change.ts';
import { counted } from '../transaction.ts';
import type { Transaction } from './own-transaction.ts';
import { bury, type LockedRow, setState } from './statements.ts';
import {
  type DueEntry,
  erase,
  selectExpired,
  selectNextEnds,
  selectRemoved,
  trySweepLock,
} from './sweep-statements.ts';
import type { PostgresWriter } from './writer.ts';

export interface Swept {
  readonly ended: number;
  /** When the next step may have something to do. */
  readonly againMs: number;
}

/** One step, in a transaction of its own. */
export async function sweepStep({ ask, lock }: Transaction): Promise<Swept> {
  const [turn] = await ask(trySweepLock());
  // another replica is at it
  if (turn?.isOurs !== true) return { ended: 0, againMs: limits.databaseSweepMs };
  const [ends] = await ask(selectNextEnds());
  const dueMs = Math.min(ends?.expiresInMs ?? Infinity, ends?.forgetInMs ?? Infinity);
  const isTooMany = (ends?.removals ?? 0) > limits.removalsMax;
  // while nothing is due, no writer is kept waiting
  if (dueMs > 0 && !isTooMany)
    return { ended: 0, againMs: Math.min(dueMs, limits.databaseSweepMs) };
  const locked = await lock();
  const expired = await ask(selectExpired(locked.nowMs, limits.sweepRowsMax));
  const forgotten = await forgettable(ask, locked);
  const buried = expired.map((row, at) => ({ ...row, revision: locked.revision + at + 1 }));
  await ask(bury(buried, locked.nowMs));
  await ask(erase(forgotten));
  await ask(setState(stateAfter(locked, expired, forgotten)));
  const isFull = [expired, forgotten].some(({ length }) => length === limits.sweepRowsMax);
  return { ended: expired.length, againMs: isFull ? limits.sweepPauseMs : limits.sweepDelayMinMs };
}

/** Removals that are too old, or too many. */
function forgettable(ask: Transaction['ask'], { removals, nowMs }: LockedRow): Promise<DueEntry[]> {
  const tooMany = Math.min(removals - limits.removalsMax, limits.sweepRowsMax);
  if (tooMany > 0) return ask(selectRemoved(nowMs, tooMany));
  return ask(selectRemoved(nowMs - limits.removalRetentionMs, limits.sweepRowsMax));
}

const stateAfter = (
  state: LockedRow,
  expired: readonly DueEntry[],
  forgotten: readonly DueEntry[],
) => ({
  ...counted(state, {
    keys: -expired.length,
    storedBytes: -expired.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    removals: expired.length - forgotten.length,
  }),
  revision: state.revision + expired.length,
  feedFloor: Math.max(state.feedFloor, ...forgotten.map(({ revision }) => revision)),
});

/** About how long until the entry of a change ends: the clock of the database may be another. */
function delayOf(change: Change): number | undefined {
  if (change.op === 'put' && change.expiresAtMs !== undefined) {
    return change.expiresAtMs - Date.now();
  }
  return change.op === 'put' || change.op === 'add' ? change.ttlMs : undefined;
}

/** Runs steps when they are due: soon after an entry of ours ends, and now and then for others'. */
export class Sweeper {
  readonly #writer: PostgresWriter;
  readonly #swept: () => void;
  readonly #log: BaseLogger;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Infinity;
  #isClosed = false;

  /** `swept` is called after a step that ended entries. */
  constructor(writer: PostgresWriter, swept: () => void, log: BaseLogger) {
    this.#writer = writer;
    this.#swept = swept;
    this.#log = log;
    this.#arm(limits.sweepDelayMinMs);
  }

  /** To be told of each group: what it holds may end sooner than all before. */
  after(batches: readonly Batch[]): void {
    for (const change of batches.flat()) {
      const delayMs = delayOf(change);
      // what ends at about the same time is swept together
      if (delayMs !== undefined) this.#arm(Math.max(delayMs, limits.sweepDelayMinMs));
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Unless a step comes sooner anyway. */
  #arm(delayMs: number): void {
    const boundMs = Math.min(Math.max(delayMs, limits.sweepPauseMs), limits.databaseSweepMs);
    const dueMs = performance.now() + boundMs;
    if (this.#isClosed || dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => void this.#step(), boundMs);
    this.#timer.unref();
  }

  async #step(): Promise<void> {
    this.#dueMs = Infinity;
    try {
      const { ended, againMs } = await this.#writer.transact(sweepStep);
      if (ended > 0) this.#swept();
      this.#arm(againMs);
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, 'the sweep has failed; it will be tried again');
      this.#arm(limits.databaseSweepMs);
    }
  }
}
