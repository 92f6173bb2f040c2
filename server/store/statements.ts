// The SQL of the store, prepared once for each connection: what a row is, and what is asked of it.
// Next: `sqlite.ts` reads by it, `transaction.ts` and `sweep.ts` write by it.
import type { KeepKey, WrappedKey } from '../sealing/key-ring.ts';
import type { StoredKey } from '../sealing/rotation.ts';
import type { SealedEntry } from '../sealing/sealer.ts';
import type { Connection } from './connection.ts';
import type { StoreState } from './store.ts';

/** What is needed to open a value. */
export interface ValueRow {
  readonly dataKeyId: number;
  readonly revision: number;
  readonly expiresAtMs: number | null;
  readonly value: Buffer;
}

/** An entry, or what is left of one; `value` is empty where it was not asked for. */
export interface EntryRow extends ValueRow {
  readonly lookup: Buffer;
  /** When the entry was removed, or null while it is there. */
  readonly removedAtMs: number | null;
  readonly name: Buffer;
}

/** What a change has to know of the entry before it. */
export interface HeadRow {
  readonly id: number;
  readonly dataKeyId: number;
  readonly revision: number;
  readonly expiresAtMs: number | null;
  readonly removedAtMs: number | null;
  readonly nameBytes: number;
  readonly valueBytes: number;
}

/** An entry that the sweep has to do with. */
export interface DueRow {
  readonly id: number;
  readonly revision: number;
  readonly storedBytes: number;
}

const VALUE = 'data_key_id AS dataKeyId, revision, expires_at AS expiresAtMs, value';
const ENTRY = 'lookup, data_key_id AS dataKeyId, revision, expires_at AS expiresAtMs,';
const ENTRY_WITHOUT_VALUE = `${ENTRY} removed_at AS removedAtMs, name, x'' AS value`;
const ENTRY_WITH_VALUE = `${ENTRY} removed_at AS removedAtMs, name, value`;
const STORED_BYTES = 'length(name) + length(value) AS storedBytes';

const HEAD = `
  SELECT id, data_key_id AS dataKeyId, revision, expires_at AS expiresAtMs,
    removed_at AS removedAtMs, length(name) AS nameBytes, length(value) AS valueBytes
  FROM entries`;
const UPSERT = `
  INSERT INTO entries (lookup, database, data_key_id, revision, expires_at, name, value)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (database, lookup) DO UPDATE SET data_key_id = excluded.data_key_id,
    revision = excluded.revision, expires_at = excluded.expires_at, removed_at = NULL,
    name = excluded.name, value = excluded.value`;
const STATE = `
  SELECT revision, feed_floor AS feedFloor, key_count AS keys,
    stored_bytes AS storedBytes, removal_count AS removals
  FROM store WHERE id = 1`;
const SET_STATE = `
  UPDATE store SET revision = @revision, feed_floor = @feedFloor, key_count = @keys,
    stored_bytes = @storedBytes, removal_count = @removals WHERE id = 1`;
const WRAPPED_KEY = 'id, purpose, kek_id AS kekId, wrapped';
const INSERT_KEY = `
  INSERT INTO sealing_keys (purpose, kek_id, made_under, wrapped) VALUES (?, ?, ?, zeroblob(0))`;
const BURY = `removed_at = ?, revision = ?, value = x''`;

type RowsAfter<T> = (database: number, after: T, withValues: boolean) => Iterable<EntryRow>;

/** What a connection that only reads is asked. */
export interface Reads {
  /** The entry that is there, expired or not. */
  value(database: number, lookup: Uint8Array): ValueRow | undefined;
  /** Entries that are there, in the order of their lookups, after one; to be read to an end. */
  afterLookup: RowsAfter<Uint8Array>;
  /** What is there or was removed, in the order of revisions, after one. */
  afterRevision: RowsAfter<number>;
  state(): StoreState;
  /** Runs `read` on one state of the store. */
  atOnce<T>(read: () => T): T;
}

/** What changes the store; to be run in a transaction. */
export interface Writes extends Reads {
  head(database: number, lookup: Uint8Array): HeadRow | undefined;
  put(entry: SealedEntry, revision: number): void;
  /** Replaces the value of an entry that is there, and nothing else of it. */
  replaceValue(id: number, value: Uint8Array, revision: number): void;
  /** Removes an entry, but keeps that it was there. */
  bury(database: number, lookup: Uint8Array, removal: Removal): void;
  buryId(id: number, removal: Removal): void;
  erase(database: number, lookup: Uint8Array): void;
  eraseId(id: number): void;
  /** Entries that ended by then, and are still there. */
  expired(nowMs: number, limit: number): DueRow[];
  /** What was removed by then, the longest ago first. */
  removed(beforeMs: number, limit: number): DueRow[];
  /** When the next entry ends, and when the first that is left of was removed. */
  nextEnds(): { readonly expiresAtMs: number | null; readonly removedAtMs: number | null };
  setState(state: StoreState): void;
}

/** When an entry went, and at which revision. */
export interface Removal {
  readonly removedAtMs: number;
  readonly revision: number;
}

/** Prepares what is read. */
export function prepareReads(db: Connection): Reads {
  const selectValue = db.prepare<[number, Uint8Array], ValueRow>(
    `SELECT ${VALUE} FROM entries WHERE database = ? AND lookup = ? AND removed_at IS NULL`,
  );
  const selectState = db.prepare<[], StoreState>(STATE);
  return {
    value: (database, lookup) => selectValue.get(database, lookup),
    afterLookup: rowsAfter(db, 'lookup > ? AND removed_at IS NULL ORDER BY lookup'),
    afterRevision: rowsAfter(db, 'revision > ? ORDER BY revision'),
    state: () => there(selectState.get()),
    atOnce: (read) => db.transaction(read).deferred(),
  };
}

function rowsAfter<T extends number | Uint8Array>(db: Connection, where: string): RowsAfter<T> {
  const select = (columns: string) =>
    db.prepare<[number, T], EntryRow>(
      `SELECT ${columns} FROM entries WHERE database = ? AND ${where}`,
    );
  const [withValues, without] = [select(ENTRY_WITH_VALUE), select(ENTRY_WITHOUT_VALUE)];
  return (database, after, wantsValues) =>
    (wantsValues ? withValues : without).iterate(database, after);
}

/** Prepares what is written, and what has to be read for it. */
export function prepareWrites(db: Connection): Writes {
  const where = 'WHERE database = ? AND lookup = ?';
  const selectHead = db.prepare<[number, Uint8Array], HeadRow>(`${HEAD} ${where}`);
  const upsert = db.prepare(UPSERT);
  const replaceValue = db.prepare<[number, Uint8Array, number]>(
    'UPDATE entries SET revision = ?, value = ? WHERE id = ?',
  );
  const bury = db.prepare<[number, number, number, Uint8Array]>(
    `UPDATE entries SET ${BURY} ${where}`,
  );
  const buryId = db.prepare<[number, number, number]>(`UPDATE entries SET ${BURY} WHERE id = ?`);
  const erase = db.prepare<[number, Uint8Array]>(`DELETE FROM entries ${where}`);
  const eraseId = db.prepare<[number]>('DELETE FROM entries WHERE id = ?');
  const setState = db.prepare<[StoreState]>(SET_STATE);
  return {
    ...prepareReads(db),
    ...prepareSweep(db),
    head: (database, lookup) => selectHead.get(database, lookup),
    // by position: each name that is bound costs as much as what it stands for
    put: ({ lookup, database, dataKeyId, expiresAtMs, name, value }, revision) =>
      upsert.run(lookup, database, dataKeyId, revision, expiresAtMs, name, value),
    replaceValue: (id, value, revision) => replaceValue.run(revision, value, id),
    bury: (database, lookup, { removedAtMs, revision }) =>
      bury.run(removedAtMs, revision, database, lookup),
    buryId: (id, { removedAtMs, revision }) => buryId.run(removedAtMs, revision, id),
    erase: (database, lookup) => erase.run(database, lookup),
    eraseId: (id) => eraseId.run(id),
    setState: (state) => setState.run(state),
  };
}

function prepareSweep(db: Connection): Pick<Writes, 'expired' | 'removed' | 'nextEnds'> {
  const due = (where: string, column: string) =>
    db.prepare<[number, number], DueRow>(
      `SELECT id, revision, ${STORED_BYTES} FROM entries
       WHERE ${where} AND ${column} <= ? ORDER BY ${column} LIMIT ?`,
    );
  // word for word as the indexes have it, or they are of no use
  const [expiring, buried] = [
    'expires_at IS NOT NULL AND removed_at IS NULL',
    'removed_at IS NOT NULL',
  ];
  const expired = due(expiring, 'expires_at');
  const removed = due(buried, 'removed_at');
  const nextEnds = db.prepare<[], ReturnType<Writes['nextEnds']>>(
    `SELECT (SELECT min(expires_at) FROM entries WHERE ${expiring}) AS expiresAtMs,
            (SELECT min(removed_at) FROM entries WHERE ${buried}) AS removedAtMs`,
  );
  return {
    expired: (nowMs, limit) => expired.all(nowMs, limit),
    removed: (beforeMs, limit) => removed.all(beforeMs, limit),
    nextEnds: () => there(nextEnds.get()),
  };
}

/** All keys that the store holds, without what they were made under, which version 1 lacks. */
export function readKeys(db: Connection): WrappedKey[] {
  return db.prepare<[], WrappedKey>(`SELECT ${WRAPPED_KEY} FROM sealing_keys`).all();
}

/** The same with that. */
export function readStoredKeys(db: Connection): StoredKey[] {
  const columns = `${WRAPPED_KEY}, made_under AS madeUnder`;
  return db.prepare<[], StoredKey>(`SELECT ${columns} FROM sealing_keys`).all();
}

/** Keeps a new key: the id comes first, since the wrapping is bound to it. */
export function keyKeeper(db: Connection): KeepKey {
  return (purpose, kekId, wrap) =>
    db.transaction(() => {
      const { lastInsertRowid } = db.prepare(INSERT_KEY).run(purpose, kekId, kekId);
      const id = Number(lastInsertRowid);
      db.prepare('UPDATE sealing_keys SET wrapped = ? WHERE id = ?').run(wrap(id), id);
      return id;
    })();
}

function there<T>(row: T | undefined): T {
  if (row === undefined) throw new Error('the row of identity is missing');
  return row;
}
