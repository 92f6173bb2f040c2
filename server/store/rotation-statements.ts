// The SQL of a rotation of keys: few statements, seldom run, so they are prepared when they are.
// Next: `rotation-steps.ts` runs them.
import type { PassRow, StoredKey } from '../sealing/rotation.ts';
import type { SealedEntry } from '../sealing/sealer.ts';
import type { Connection } from './connection.ts';

/** An entry as a rotation finds it. */
export interface FoundEntry extends SealedEntry {
  readonly id: number;
}

const NEXT = `
  SELECT id AS place, data_key_id AS dataKeyId, length(name) + length(value) AS storedBytes
  FROM entries WHERE id > ? ORDER BY id LIMIT ?`;
const ENTRY = `
  SELECT id, database, lookup, data_key_id AS dataKeyId, expires_at AS expiresAtMs, name, value
  FROM entries WHERE id = ?`;
// the revision stays: to those who follow or compare nothing has changed
const RESEAL = `
  UPDATE entries SET data_key_id = @dataKeyId, name = @name, value = @value
  WHERE id = @id`;
const REWRAP = 'UPDATE sealing_keys SET kek_id = @kekId, wrapped = @wrapped WHERE id = @id';
const FORGET = `DELETE FROM sealing_keys WHERE id = ? AND purpose = 'data'`;

/** The rows that come next, without what is sealed in them. */
export const rowsAfter = (db: Connection, id: number, limit: number): PassRow<number>[] =>
  db.prepare<[number, number], PassRow<number>>(NEXT).all(id, limit);

/** Gives entries by their ids. */
export function entryFinder(db: Connection): (id: number) => FoundEntry | undefined {
  const find = db.prepare<[number], FoundEntry>(ENTRY);
  return (id) => find.get(id);
}

export function resealEntries(db: Connection, entries: readonly FoundEntry[]): void {
  const reseal = db.prepare<[FoundEntry]>(RESEAL);
  for (const entry of entries) reseal.run(entry);
}

export function rewrapKeys(db: Connection, keys: readonly StoredKey[]): void {
  const rewrap = db.prepare<[StoredKey]>(REWRAP);
  for (const key of keys) rewrap.run(key);
}

/**
 * Removes data keys that no entry is sealed with. SQLite would look for such entries through the
 * whole table, once for each key, so it is kept from that: whoever calls this has looked.
 */
export function forgetKeys(db: Connection, ids: readonly number[]): void {
  const forget = db.prepare<[number]>(FORGET);
  db.pragma('foreign_keys = OFF');
  try {
    db.transaction(() => {
      for (const id of ids) forget.run(id);
    }).immediate();
  } finally {
    db.pragma('foreign_keys = ON');
  }
}
