// Which journal a file system bears: write-ahead logging needs shared memory, which network file
// systems do not give.
// Next: `connection.ts` sets it and reads it back.
import { statfs } from 'node:fs/promises';
import { messageOf, StartError } from '../errors.ts';
import type { JournalMode } from './store.ts';

/** `statfs` types of network file systems. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
]);

export interface Journal {
  readonly mode: JournalMode;
  /** The network file system that asks for a rollback journal. */
  readonly networkFileSystem?: string;
}

/**
 * The journal for a `statfs` type. On network file systems it is TRUNCATE, not DELETE: with
 * synchronous = FULL SQLite syncs the truncated journal, but not the folder from which a deleted
 * one has gone.
 */
export function journalOfFileSystem(type: number): Journal {
  // Node gives types above 2^31 as negative numbers on some platforms.
  const networkFileSystem = NETWORK_FILE_SYSTEMS.get(type >>> 0);
  return networkFileSystem === undefined
    ? { mode: 'wal' }
    : { mode: 'truncate', networkFileSystem };
}

/** Looks at the file system of a folder. Throws DKV_STORE_OPEN_FAILED. */
export async function readJournal(folder: string): Promise<Journal> {
  try {
    const { type } = await statfs(folder);
    return journalOfFileSystem(type);
  } catch (error) {
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `The folder ${folder} of the database cannot be used: ${messageOf(error)}.`,
      error,
    );
  }
}
