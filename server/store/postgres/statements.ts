// The SQL of the store on Postgres: what is read, and what a transaction of the writer is made of.
// Next: `gets.ts` and `engine.ts` read by it, `writer.ts` and `sweep.ts` write by it.
import type { QueryConfig } from 'pg';
import type { EntryRow, HeadRow, ValueRow } from '../statements.ts';
import type { StoreState } from '../store.ts';
import type { Timeline } from './timelines.ts';
import { byteaArray, int4Array, int8Array } from './wire-array.ts';

/** A statement that is parsed once for each connection; `Row` is what it gives. */
export interface Statement<Row> {
  readonly config: QueryConfig;
  /** Never there: it ties the statement to its rows. */
  readonly row?: Row;
}

export const statement = <Row>(
  name: string,
  text: string,
  values: unknown[] = [],
): Statement<Row> => ({
  config: { name, text, values },
});

/** The first half of the numbers of our advisory locks: "DKV1". */
export const advisoryLockClass = 0x444b5631;

/** The time of the database, in milliseconds since 1970. */
export const NOW = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`;
const HAS_ENDED = `coalesce(expires_at <= ${NOW}, false) AS "hasEnded"`;
export const STORED_BYTES = 'octet_length(name) + octet_length(value) AS "storedBytes"';
const VALUE = 'data_key_id AS "dataKeyId", revision, expires_at AS "expiresAtMs"';
const STATE = `revision, feed_floor AS "feedFloor", key_count AS keys,
  stored_bytes AS "storedBytes", removal_count AS removals,
  oldest_reader_version AS "oldestReaderVersion", incarnation`;

/** What the store holds, and who may serve it. */
export interface StateRow extends StoreState {
  readonly incarnation: string;
  readonly oldestReaderVersion: number;
}

/** Which key, of which database. */
export interface Target {
  readonly database: number;
  readonly lookup: Buffer;
}

export const targets = (all: readonly Target[]): Buffer[] => [
  int4Array(all.map(({ database }) => database)),
  byteaArray(all.map(({ lookup }) => lookup)),
];

/** An entry that is there; `at` says for which target, counted from 1. */
export interface FoundRow extends Omit<ValueRow, 'value'> {
  readonly at: number;
  /** Null where it is longer than was asked for. */
  readonly value: Buffer | null;
}

/** The entries that are there of many, and what they hold where it is not too long. */
export const selectEntries = (all: readonly Target[], valueBytesMax: number) =>
  statement<FoundRow>(
    'entries',
    `SELECT at::int, ${VALUE}, CASE WHEN octet_length(value) <= $3 THEN value END AS value
     FROM unnest($1::int[], $2::bytea[]) WITH ORDINALITY AS wanted (database, lookup, at)
     JOIN entries USING (database, lookup)
     WHERE removed_at IS NULL AND (expires_at IS NULL OR expires_at > ${NOW})`,
    [...targets(all), valueBytesMax],
  );

/** A row of a page, with whether its time is over, and how many rows there were before the cut. */
export interface PageRow extends EntryRow {
  readonly hasEnded: boolean;
  readonly found: number;
}

export interface PageBounds {
  readonly withValues: boolean;
  readonly rowsMax: number;
  /** The row that goes beyond is the last one. */
  readonly bytesMax: number;
}

/** So many rows of `where` in their order, up to the one with which their values are too long. */
const page = (where: string, order: 'lookup' | 'revision', withValues: boolean): string => `
  SELECT lookup, ${VALUE}, removed_at AS "removedAtMs", name, found, ${HAS_ENDED},
    ${withValues ? 'value' : `''::bytea AS value`}
  FROM (
    SELECT *, count(*) OVER ()::int AS found, sum(octet_length(value)) OVER (
      ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM (SELECT * FROM entries WHERE ${where} ORDER BY ${order} LIMIT $3) AS first_rows
  ) AS counted_rows
  WHERE coalesce(bytes_before, 0) < $4 ORDER BY ${order}`;

/** The entries of a database after a lookup. */
export const selectAfterLookup = ({ database, lookup }: Target, bounds: PageBounds) =>
  statement<PageRow>(
    `after-lookup-${bounds.withValues}`,
    page('database = $1 AND lookup > $2 AND removed_at IS NULL', 'lookup', bounds.withValues),
    [database, lookup, bounds.rowsMax, bounds.bytesMax],
  );

/** The state of the store as JSON, since its columns have names that an entry's have too. */
export interface StateAndRow extends Partial<PageRow> {
  readonly state: string;
}

/** What is there or was removed after a revision, with the state of the store at that moment. */
export const selectAfterRevision = (
  { database, after }: { database: number; after: number },
  bounds: PageBounds,
) =>
  statement<StateAndRow>(
    `after-revision-${bounds.withValues}`,
    `SELECT row_to_json(now)::text AS state, rows.*
     FROM (SELECT ${STATE} FROM store WHERE id = 1) AS now LEFT JOIN (
       ${page('database = $1 AND revision > $2', 'revision', bounds.withValues)}
     ) AS rows ON true ORDER BY rows.revision`,
    [database, after, bounds.rowsMax, bounds.bytesMax],
  );

export const selectState = () =>
  statement<StateRow>('state', `SELECT ${STATE} FROM store WHERE id = 1`);

/** The end of a statement that takes the lock on the row of the store. */
export const lockedForWriting = ' FOR NO KEY UPDATE';

/** The state of the store, which no other transaction changes until this one is over. */
export interface LockedRow extends StateRow {
  readonly synchronousCommit: string;
  /** The process of Postgres that has the lock. */
  readonly backend: number;
  readonly nowMs: number;
}

/**
 * The lock on the row of the store: whoever has it writes, so revisions have the order of commits.
 * What is read before it could be older than the commit before; the clock is, too.
 */
export const lockStore = () =>
  statement<LockedRow>(
    'lock',
    `WITH locked AS MATERIALIZED (SELECT * FROM store WHERE id = 1${lockedForWriting})
     SELECT ${STATE}, ${NOW} AS "nowMs", pg_backend_pid() AS backend,
       current_setting('synchronous_commit') AS "synchronousCommit" FROM locked`,
  );

/** What a group has to know of a key; the value is null where it is longer than was asked for. */
export interface KnownRow extends Pick<HeadRow, 'revision' | 'expiresAtMs' | 'removedAtMs'> {
  readonly at: number;
  readonly dataKeyId: number;
  readonly storedBytes: number;
  readonly value: Buffer | null;
}

export const selectHeads = (all: readonly Target[], valueBytesMax: readonly number[]) =>
  statement<KnownRow>(
    'heads',
    `SELECT at::int, ${VALUE}, removed_at AS "removedAtMs", ${STORED_BYTES},
       CASE WHEN octet_length(value) <= bytes_max THEN value END AS value
     FROM unnest($1::int[], $2::bytea[], $3::int[])
       WITH ORDINALITY AS wanted (database, lookup, bytes_max, at)
     JOIN entries USING (database, lookup)`,
    [...targets(all), int4Array(valueBytesMax)],
  );

/** A row to be written as a whole: an entry, or what is left of one that came and went. */
export interface WrittenRow extends Target {
  readonly dataKeyId: number;
  readonly revision: number;
  readonly expiresAtMs: number | null;
  readonly removedAtMs: number | null;
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

export const upsert = (rows: readonly WrittenRow[]) =>
  statement(
    'upsert',
    `INSERT INTO entries
       (database, lookup, data_key_id, revision, expires_at, removed_at, name, value)
     SELECT * FROM unnest(
       $1::int[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
       $7::bytea[], $8::bytea[])
     ON CONFLICT (database, lookup) DO UPDATE SET data_key_id = excluded.data_key_id,
       revision = excluded.revision, expires_at = excluded.expires_at,
       removed_at = excluded.removed_at, name = excluded.name, value = excluded.value`,
    [
      ...targets(rows),
      int8Array(rows.map(({ dataKeyId }) => dataKeyId)),
      int8Array(rows.map(({ revision }) => revision)),
      int8Array(rows.map(({ expiresAtMs }) => expiresAtMs)),
      int8Array(rows.map(({ removedAtMs }) => removedAtMs)),
      byteaArray(rows.map(({ name }) => name)),
      byteaArray(rows.map(({ value }) => value)),
    ],
  );

/** A row whose entry goes at this revision; its name stays, so that feeds can tell of it. */
export interface BuriedRow extends Target {
  readonly revision: number;
}

export const bury = (rows: readonly BuriedRow[], removedAtMs: number) =>
  statement(
    'bury',
    `UPDATE entries SET removed_at = $4, revision = gone.revision, value = ''
     FROM unnest($1::int[], $2::bytea[], $3::bigint[]) AS gone (database, lookup, revision)
     WHERE entries.database = gone.database AND entries.lookup = gone.lookup`,
    [...targets(rows), int8Array(rows.map(({ revision }) => revision)), removedAtMs],
  );

export const setState = ({ revision, feedFloor, keys, storedBytes, removals }: StoreState) =>
  statement(
    'set-state',
    `UPDATE store SET revision = $1, feed_floor = $2, key_count = $3, stored_bytes = $4,
       removal_count = $5 WHERE id = 1`,
    [revision, feedFloor, keys, storedBytes, removals],
  );

/** Notes which timelines the store has gone through, and as which incarnation. */
export const setTimelines = (timelines: readonly Timeline[], incarnation: string) =>
  statement('set-timelines', 'UPDATE store SET timelines = $1, incarnation = $2 WHERE id = 1', [
    JSON.stringify(timelines),
    incarnation,
  ]);

/** The transaction that is under way waits for no standby. */
export const commitsHere = () => statement('commits-here', 'SET LOCAL synchronous_commit = local');

/** Whatever the defaults of the server are. */
export const begin = () => statement('begin', 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
export const commit = () => statement('commit', 'COMMIT');
export const rollback = () => statement('rollback', 'ROLLBACK');

/** Tells other replicas that something has changed; no more than a hint. */
export const notify = (channel: string) =>
  statement('notify', `SELECT pg_notify($1, '')`, [channel]);
