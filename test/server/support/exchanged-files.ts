// The files of a store that is open, copied and exchanged under it as somebody with a backup does.
// Used by tests of what a server makes of that.
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';

/** A whole copy of the database as it is now; gives its path. */
export function copyOf(location: string): string {
  asStranger(location, (db) => db.pragma('wal_checkpoint(TRUNCATE)'));
  const copy = `${location}.copy`;
  copyFileSync(location, copy);
  return copy;
}

/** Makes every write to the file as it is now fail, whoever has it open. */
export function breakFile(location: string): void {
  const fail = "BEGIN SELECT RAISE(FAIL, 'no'); END";
  asStranger(location, (db) => db.exec(`CREATE TRIGGER broken BEFORE UPDATE ON store ${fail}`));
}

/** Puts a copy where the database is. */
export function putInPlace(copy: string, location: string): void {
  for (const end of ['-wal', '-shm']) rmSync(`${location}${end}`, { force: true });
  renameSync(copy, location);
}

function asStranger(location: string, work: (db: Database.Database) => unknown): void {
  const stranger = new Database(location);
  work(stranger);
  stranger.close();
}
