// The SQL of the sweep: which entries have ended, and which removals are old.
// Next: `sweep.ts` runs it.
import { limits } from '../../limits.ts';
import {
  advisoryLockClass,
  NOW,
  STORED_BYTES,
  statement,
  type Target,
  targets,
} from './statements.ts';

/** One replica at a time sweeps; the lock ends with the transaction. */
export const trySweepLock = () =>
  statement<{ isOurs: boolean }>(
    'sweep-lock',
    `SELECT pg_try_advisory_xact_lock($1, hashtext(current_schema() || '/sweep')) AS "isOurs"`,
    [advisoryLockClass],
  );

// word for word as the indexes have it, or they are of no use
const EXPIRING = 'expires_at IS NOT NULL AND removed_at IS NULL';
const REMOVED = 'removed_at IS NOT NULL';

export interface NextEndsRow {
  /** Null where no entry ends; negative where one has ended. */
  readonly expiresInMs: number | null;
  readonly forgetInMs: number | null;
  readonly removals: number;
}

/** When the next entry ends, and when the first that is left of one is to be forgotten. */
export const selectNextEnds = () =>
  statement<NextEndsRow>(
    'next-ends',
    `SELECT (SELECT min(expires_at) FROM entries WHERE ${EXPIRING}) - ${NOW} AS "expiresInMs",
            (SELECT min(removed_at) FROM entries WHERE ${REMOVED}) + $1::bigint - ${NOW}
              AS "forgetInMs",
            removal_count AS removals
     FROM store WHERE id = 1`,
    [limits.removalRetentionMs],
  );

/** A row that the sweep has to do with. */
export interface DueEntry extends Target {
  readonly revision: number;
  readonly storedBytes: number;
}

const due = (name: string, where: string, column: string, beforeMs: number, limit: number) =>
  statement<DueEntry>(
    name,
    `SELECT database, lookup, revision, ${STORED_BYTES} FROM entries
     WHERE ${where} AND ${column} <= $1 ORDER BY ${column} LIMIT $2`,
    [beforeMs, limit],
  );

/** Entries that ended by then, and are still there. */
export const selectExpired = (nowMs: number, limit: number) =>
  due('expired', EXPIRING, 'expires_at', nowMs, limit);

/** What was removed by then, the longest ago first. */
export const selectRemoved = (beforeMs: number, limit: number) =>
  due('removed', REMOVED, 'removed_at', beforeMs, limit);

/** Forgets rows for good. */
export const erase = (rows: readonly Target[]) =>
  statement(
    'erase',
    `DELETE FROM entries USING unnest($1::int[], $2::bytea[]) AS gone (database, lookup)
     WHERE entries.database = gone.database AND entries.lookup = gone.lookup`,
    targets(rows),
  );
