// Who a store is: its one row of identity, read before anything is written.
// Next: `migrate.ts` makes or raises the schema.
import Database from 'better-sqlite3';
import { messageOf, StartError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** `PRAGMA application_id` of our files: "DKV1". */
export const applicationId = 0x444b5631;

export interface Identity {
  readonly storeId: string;
  readonly incarnation: string;
  readonly schemaVersion: number;
  /** The oldest release that may use the store, told by the schema version it knows. */
  readonly oldestReaderVersion: number;
}

const READ_IDENTITY = `
  SELECT store_id AS storeId, incarnation, schema_version AS schemaVersion,
         oldest_reader_version AS oldestReaderVersion
  FROM store WHERE id = 1`;

/**
 * The identity in the file, or undefined if the file holds nothing at all.
 * Throws DKV_STORE_FOREIGN for a file that is none of ours, DKV_STORE_CORRUPT for a damaged one.
 */
export function readIdentity(db: Connection, location: string): Identity | undefined {
  try {
    const application = db.pragma('application_id', { simple: true });
    const objects = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
    if (application === 0 && objects === 0) return undefined;
    if (application !== applicationId) throw foreign(location);
    const row = db.prepare<[], Identity>(READ_IDENTITY).get();
    if (row === undefined) throw new Error('the row of identity is missing');
    return row;
  } catch (error) {
    throw error instanceof StartError ? error : unreadable(error, location);
  }
}

/**
 * Checks that the store is the one wanted and can be read here. Throws DKV_STORE_MISMATCH or
 * _TOO_NEW.
 */
export function checkIdentity(
  found: Identity,
  wanted: { readonly storeId: string | undefined; readonly schemaVersion: number },
): void {
  if (wanted.storeId !== undefined && wanted.storeId !== found.storeId) {
    throw new StartError(
      'DKV_STORE_MISMATCH',
      `The store has the id ${found.storeId}, but STORE_ID asks for ${wanted.storeId}: ` +
        'is this the right volume? Nothing was written.',
    );
  }
  if (found.oldestReaderVersion > wanted.schemaVersion) {
    throw new StartError(
      'DKV_STORE_TOO_NEW',
      `The store needs a release that knows schema ${found.oldestReaderVersion}; ` +
        `this one knows ${wanted.schemaVersion}. Run a newer release. Nothing was written.`,
    );
  }
}

const foreign = (location: string, cause?: unknown) =>
  new StartError(
    'DKV_STORE_FOREIGN',
    `The file ${location} is not a store of DumbKV; it was left untouched. ` +
      'Set DATABASE_LOCATION to another path.',
    cause,
  );

function unreadable(error: unknown, location: string): StartError {
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (code === 'SQLITE_NOTADB') return foreign(location, error);
  const kind = code === '' || code.startsWith('SQLITE_CORRUPT');
  return new StartError(
    kind ? 'DKV_STORE_CORRUPT' : 'DKV_STORE_OPEN_FAILED',
    `The database ${location} cannot be read: ${messageOf(error)}.`,
    error,
  );
}
