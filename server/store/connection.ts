// One connection to an SQLite file whose commits are on disk when they return: settings are set and
// read back.
// Next: `identity.ts` looks at what is in the file.
import Database from 'better-sqlite3';
import { messageOf, StartError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { JournalMode } from './store.ts';

export type Connection = Database.Database;

/** `PRAGMA synchronous` says 2 for FULL. */
const FULL = 2;
const TEMP_STORE_MEMORY = 2;

/** Opens the file without changing it. Throws DKV_STORE_OPEN_FAILED. */
export function connect(location: string): Connection {
  try {
    return new Database(location, { timeout: limits.storeOpenBusyMs });
  } catch (error) {
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `The database ${location} cannot be opened: ${messageOf(error)}.`,
      error,
    );
  }
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
  if (journalMode === 'wal') emptyLog(db);
  setAndReadBack(db, 'busy_timeout', limits.storeBusyMs);
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
