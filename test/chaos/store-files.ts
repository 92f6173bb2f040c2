// The files of a store that no process has open: copied, and asked whether SQLite finds them
// whole. Used by all proofs; what lies beside a database is said in `docs/server.md`.
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

export const DATABASE = 'dumbkv.db';
const COPIED = ['', '-wal', '-journal', '.sealing-key'];

/** Copies a store into a new folder; the room in reserve is shared, since nobody writes in it. */
export function copyStore(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const end of COPIED) {
    const name = `${DATABASE}${end}`;
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
  }
  const reserve = `${DATABASE}.reserve`;
  if (existsSync(join(from, reserve))) linkSync(join(from, reserve), join(to, reserve));
}

/** Throws unless SQLite finds the database in this folder whole; the files there are changed. */
export function expectIntegrity(folder: string): void {
  const db = new Database(join(folder, DATABASE), { fileMustExist: true });
  try {
    const found = db.pragma('integrity_check', { simple: true });
    if (found !== 'ok') throw new Error(`integrity_check of ${folder} says: ${found}`);
  } finally {
    db.close();
  }
}

/** The same of a copy. */
export function expectIntegrityOfCopy(folder: string, scratch: string): void {
  copyStore(folder, scratch);
  expectIntegrity(scratch);
}

/**
 * Whether the process that was killed had begun to copy the log into the database and had not ended
 * (nBackfillAttempted and nBackfill of SQLite's wal-index, in the byte order of the machine).
 */
export function wasCopyingLog(folder: string): boolean {
  const path = join(folder, `${DATABASE}-shm`);
  if (!existsSync(path)) return false;
  const index = readFileSync(path);
  return index.length >= 132 && index.readUInt32LE(128) > index.readUInt32LE(96);
}
