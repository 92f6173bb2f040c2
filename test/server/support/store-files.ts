// The files of a store as a process leaves them that was killed: a database, and a log or a journal
// beside it with what is not in the database yet.
// Used by tests of what the next start makes of them.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { tempFolder } from './temp-folder.ts';

const ENDS = ['', '-wal', '-journal', '.sealing-key'] as const;

/** A copy of the files as they are at this moment, where the store is open or not. */
export function copyOf(location: string): string {
  const copy = join(tempFolder(), 'dumbkv.db');
  for (const end of ENDS) {
    if (existsSync(`${location}${end}`)) copyFileSync(`${location}${end}`, `${copy}${end}`);
  }
  return copy;
}

/** A copy of a closed database that a process left when it was killed right after `sql`. */
export function killedAfter(location: string, sql: string): string {
  const db = new Database(location);
  try {
    db.pragma('journal_mode = WAL');
    db.exec(sql);
    return copyOf(location);
  } finally {
    db.close();
  }
}

/** A copy of a closed database that a process left when it was killed in the middle of `sql`. */
export function killedAmid(location: string, sql: string): string {
  const db = new Database(location);
  try {
    db.pragma('journal_mode = DELETE');
    // pages go to the database, and their originals to the journal, before there is a commit
    db.pragma('cache_size = 1');
    db.exec(`BEGIN; ${sql}`);
    return copyOf(location);
  } finally {
    db.close();
  }
}

/**
 * Everything that a store lives on, byte by byte, for a comparison; a file that is not there is as
 * good as an empty one.
 */
export function bytesOf(location: string): Record<string, string> {
  const read = (end: string) =>
    existsSync(`${location}${end}`) ? readFileSync(`${location}${end}`, 'base64') : '';
  return Object.fromEntries(ENDS.map((end) => [end, read(end)]));
}
