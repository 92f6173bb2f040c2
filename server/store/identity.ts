// Who a store is: its one row of identity, read before anything is written.
// Next: `migrate.ts` makes or raises the schema.
import type { Database } from 'better-sqlite3';
import { StartError } from '../errors.ts';
import { damaged, foreign, orDamaged } from './failures.ts';

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

/** What the id of a store is. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id of a store as its seals are bound to it. */
export const storeIdBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/**
 * The identity in the file. Throws DKV_STORE_FOREIGN for a file that is none of ours,
 * DKV_STORE_CORRUPT for one of ours that is damaged.
 */
export function readIdentity(db: Database, location: string): Identity {
  if (db.pragma('application_id', { simple: true }) !== applicationId) throw foreign(location);
  const row = orDamaged(location, () => db.prepare<[], Identity>(READ_IDENTITY).get());
  if (row === undefined) throw damaged(location, 'the row of identity is missing');
  if (!UUID.test(row.storeId)) throw damaged(location, 'its id is no UUID');
  // versions begin with it, and none that began otherwise would ever fit
  if (!UUID.test(row.incarnation)) throw damaged(location, 'its incarnation is no UUID');
  return row;
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
