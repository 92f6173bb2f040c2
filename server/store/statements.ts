// The SQL of the store, prepared once for each connection: what a transaction is, and what a row
// is.
// Next: back to `sqlite.ts`, which runs it.
import type { KeepKey, WrappedKey } from '../sealing/key-ring.ts';
import type { SealedEntry } from '../sealing/sealer.ts';
import type { Connection } from './connection.ts';

/** What is needed to open a value. */
export interface ValueRow {
  readonly dataKeyId: number;
  readonly expiresAtMs: number | null;
  readonly value: Buffer;
}

const SELECT_VALUE =
  'SELECT data_key_id AS dataKeyId, expires_at AS expiresAtMs, value FROM entries WHERE lookup = ?';
const UPSERT = `
  INSERT INTO entries (lookup, database, data_key_id, revision, expires_at, name, value)
  VALUES (@lookup, @database, @dataKeyId, @revision, @expiresAtMs, @name, @value)
  ON CONFLICT (lookup) DO UPDATE SET data_key_id = excluded.data_key_id,
    revision = excluded.revision, expires_at = excluded.expires_at,
    name = excluded.name, value = excluded.value`;

/** What a connection that only reads is asked. */
export interface Reads {
  value(lookup: Uint8Array): ValueRow | undefined;
  revision(): number;
}

/** What changes the store; to be run in a transaction. */
export interface Writes extends Reads {
  has(lookup: Uint8Array): boolean;
  put(entry: SealedEntry, revision: number): void;
  remove(lookup: Uint8Array): void;
  setRevision(revision: number): void;
}

/** Prepares what is read. */
export function prepareReads(db: Connection): Reads {
  const selectValue = db.prepare<[Uint8Array], ValueRow>(SELECT_VALUE);
  const readRevision = db.prepare<[], number>('SELECT revision FROM store WHERE id = 1').pluck();
  return {
    value: (lookup) => selectValue.get(lookup),
    revision: () => only(readRevision.get()),
  };
}

/** Prepares what is written, and what has to be read for it. */
export function prepareWrites(db: Connection): Writes {
  const selectOne = db
    .prepare<[Uint8Array], number>('SELECT 1 FROM entries WHERE lookup = ?')
    .pluck();
  const upsert = db.prepare<[SealedEntry & { revision: number }]>(UPSERT);
  const erase = db.prepare<[Uint8Array]>('DELETE FROM entries WHERE lookup = ?');
  const setRevision = db.prepare<[number]>('UPDATE store SET revision = ? WHERE id = 1');
  return {
    ...prepareReads(db),
    has: (lookup) => selectOne.get(lookup) !== undefined,
    put: (entry, revision) => upsert.run({ ...entry, revision }),
    remove: (lookup) => erase.run(lookup),
    setRevision: (revision) => setRevision.run(revision),
  };
}

/** All keys that the store holds. */
export function readKeys(db: Connection): WrappedKey[] {
  return db
    .prepare<[], WrappedKey>('SELECT id, purpose, kek_id AS kekId, wrapped FROM sealing_keys')
    .all();
}

/** Keeps a new key: the id comes first, since the wrapping is bound to it. */
export function keyKeeper(db: Connection): KeepKey {
  return (purpose, kekId, wrap) =>
    db.transaction(() => {
      const { lastInsertRowid } = db
        .prepare('INSERT INTO sealing_keys (purpose, kek_id, wrapped) VALUES (?, ?, zeroblob(0))')
        .run(purpose, kekId);
      const id = Number(lastInsertRowid);
      db.prepare('UPDATE sealing_keys SET wrapped = ? WHERE id = ?').run(wrap(id), id);
      return id;
    })();
}

function only(revision: number | undefined): number {
  if (revision === undefined) throw new Error('the row of identity is missing');
  return revision;
}
