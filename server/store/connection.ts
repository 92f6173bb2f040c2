// One connection to an SQLite file whose commits are on disk when they return: settings are set and
// read back, and a write proves it.
// Next: `statements.ts` says what is run on it.
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { messageOf, StartError } from '../errors.ts';
import { limits } from '../limits.ts';
import { damaged, needsRollback } from './failures.ts';
import { type Identity, readIdentity } from './identity.ts';
import type { JournalMode } from './store.ts';

export type Connection = Database.Database;

interface ConnectOptions {
  readonly readonly?: boolean;
  /** How long it waits for a stranger who uses the file. */
  readonly busyMs?: number;
}

/** `PRAGMA synchronous` says 2 for FULL. */
const FULL = 2;
const TEMP_STORE_MEMORY = 2;
/** The bound that SQLite has by itself: 2^32 - 2. */
const PAGES_MAX = 0xfffffffe;

/** Opens a file that is there, without changing it. Throws SqliteError. */
export function connect(location: string, options: ConnectOptions = {}): Connection {
  const { readonly = false, busyMs = limits.storeOpenBusyMs } = options;
  return new Database(location, { fileMustExist: true, readonly, timeout: busyMs });
}

/**
 * Looks into the database and changes neither it nor its log: a connection that may write would
 * empty the log when it is closed. A write that another process left half done in a rollback
 * journal is undone first: before that nobody can read.
 */
export function inspect<T>(location: string, read: (db: Connection) => T): T {
  try {
    return readAndClose(connect(location, { readonly: true }), read);
  } catch (error) {
    if (!needsRollback(error)) throw error;
    return readAndClose(connect(location), read);
  }
}

function readAndClose<T>(db: Connection, read: (db: Connection) => T): T {
  try {
    return read(db);
  } finally {
    db.close();
  }
}

/** A connection to the store that `expected` says, whose commits are on disk when they return. */
export function openSame(
  location: string,
  journalMode: JournalMode,
  expected: Identity,
  busyMs: number,
): Connection {
  const db = connect(location, { busyMs });
  return orClose(db, () => {
    expectSame(readIdentity(db, location), expected, location);
    makeDurable(db, journalMode);
    return db;
  });
}

/** The same, proved by a write; the names of its files are on disk. */
export function openDurable(...where: Parameters<typeof openSame>): Connection {
  const db = openSame(...where);
  return orClose(db, () => {
    proveWritable(db);
    syncFolderOf(db.name);
    return db;
  });
}

/** SQLite passes over a failure here, and a log whose name is not on disk goes with the power. */
function syncFolderOf(location: string): void {
  const folder = openSync(dirname(location), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** A connection to the store that `expected` says, which may not write: for reading alone. */
export function openReading(location: string, expected: Identity): Connection {
  const db = connect(location, { busyMs: limits.storeHealBusyMs });
  return orClose(db, () => {
    expectSame(readIdentity(db, location), expected, location);
    makeReading(db);
    return db;
  });
}

/** From here on this connection reads, and nothing else. */
export function makeReading(db: Connection): void {
  db.pragma('query_only = ON');
  setAndReadBack(db, 'temp_store', TEMP_STORE_MEMORY);
  setAndReadBack(db, 'cache_size', -limits.storeCacheKib);
  setAndReadBack(db, 'busy_timeout', limits.storeBusyMs);
}

/** What `work` comes to; closes the connection where it throws. */
export function orClose<T>(db: Connection, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}

function expectSame(found: Identity, expected: Identity, location: string): void {
  if (found.storeId === expected.storeId && found.incarnation === expected.incarnation) return;
  throw damaged(location, 'another store lies there than at the start');
}

/**
 * Makes commits durable on this connection, then empties the write-ahead log: frames of a sync that
 * failed earlier may look clean in the page cache, and everything written after them would be lost
 * with them. Throws DKV_STORE_NOT_DURABLE or DKV_STORE_CHECKPOINT_FAILED.
 */
export function makeDurable(db: Connection, journalMode: JournalMode): void {
  setAndReadBack(db, 'journal_mode', journalMode);
  // WAL silently means NORMAL in this build of SQLite: commits would not be synced.
  setAndReadBack(db, 'synchronous', FULL);
  setAndReadBack(db, 'fullfsync', 1);
  setAndReadBack(db, 'checkpoint_fullfsync', 1);
  setAndReadBack(db, 'foreign_keys', 1);
  setAndReadBack(db, 'temp_store', TEMP_STORE_MEMORY);
  setAndReadBack(db, 'cache_size', -limits.storeCacheKib);
  // `session.ts` does it instead: SQLite would keep the errors of its own checkpoints to itself
  setAndReadBack(db, 'wal_autocheckpoint', 0);
  if (journalMode === 'wal') emptyLog(db);
  setAndReadBack(db, 'busy_timeout', limits.storeBusyMs);
}

/** Makes a change that takes no more pages than there are; SQLITE_FULL where it would. */
export function withoutGrowth<T>(db: Connection, change: () => T): T {
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  try {
    return change();
  } finally {
    db.pragma(`max_page_count = ${PAGES_MAX}`);
  }
}

/** How much of the database file is free for new entries. */
export function freeBytes(db: Connection): number {
  const pages = Number(db.pragma('freelist_count', { simple: true }));
  return pages * Number(db.pragma('page_size', { simple: true }));
}

/** Commits a page: the same number is written again. Throws SqliteError. */
function proveWritable(db: Connection): void {
  db.pragma(`user_version = ${db.pragma('user_version', { simple: true })}`);
}

function setAndReadBack(db: Connection, pragma: string, wanted: string | number): void {
  const failed = (found: string, cause?: unknown) =>
    new StartError(
      'DKV_STORE_NOT_DURABLE',
      `SQLite did not take ${pragma} = ${wanted}: ${found}. ` +
        'Is the file system read-only, or is another program using the database?',
      cause,
    );
  let found: unknown;
  try {
    db.pragma(`${pragma} = ${wanted}`);
    found = db.pragma(pragma, { simple: true });
  } catch (error) {
    throw failed(messageOf(error), error);
  }
  if (found !== wanted) throw failed(`it says ${String(found)}`);
}

/** Moves the whole write-ahead log into the database file, on disk. */
function emptyLog(db: Connection): void {
  const failed = (why: string, cause?: unknown) =>
    new StartError(
      'DKV_STORE_CHECKPOINT_FAILED',
      `The write-ahead log could not be moved into the database file: ${why}.`,
      cause,
    );
  let rows: unknown;
  try {
    rows = db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    throw failed(messageOf(error), error);
  }
  const [row] = rows as { busy: number; log: number }[];
  if (row?.busy !== 0) throw failed('another program is using the database');
}
