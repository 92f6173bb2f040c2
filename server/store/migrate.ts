// The schema and its versions, forward only: a new store gets the newest, an old one is raised step
// by step.
// Next: `sqlite.ts` works on it.

import type { Connection } from './connection.ts';
import { applicationId, type Identity } from './identity.ts';

const TABLES = `
  CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    oldest_reader_version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    feed_floor INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE sealing_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose TEXT NOT NULL CHECK (purpose IN ('lookup', 'data')),
    kek_id TEXT NOT NULL,
    wrapped BLOB NOT NULL
  ) STRICT;
  CREATE TABLE entries (
    lookup BLOB PRIMARY KEY NOT NULL CHECK (length(lookup) = 32),
    database INTEGER NOT NULL,
    data_key_id INTEGER NOT NULL REFERENCES sealing_keys (id),
    revision INTEGER NOT NULL,
    expires_at INTEGER,
    name BLOB NOT NULL,
    value BLOB NOT NULL
  ) STRICT;`;

const INSERT_STORE = `
  INSERT INTO store (
    id, store_id, incarnation, schema_version, oldest_reader_version, revision, feed_floor)
  VALUES (1, @storeId, @incarnation, @schemaVersion, @oldestReaderVersion, 0, 0)`;

/**
 * A step from one version to the next; `oldestReaderVersion` rises only if older releases would
 * misread.
 */
export interface Migration {
  readonly to: number;
  readonly oldestReaderVersion: number;
  readonly change: (db: Connection) => void;
}

/** The steps after version 1, in order. */
export const migrations: readonly Migration[] = [];

/** The newest version among the steps. */
export const versionOf = (steps: readonly Migration[]): number => steps.at(-1)?.to ?? 1;

/** Makes the tables and the row of identity, and whatever `alsoNew` adds, in one transaction. */
export function createSchema(
  db: Connection,
  identity: Pick<Identity, 'storeId' | 'incarnation'>,
  alsoNew: () => void,
): Identity {
  const row = { ...identity, schemaVersion: 1, oldestReaderVersion: 1 };
  db.transaction(() => {
    db.pragma(`application_id = ${applicationId}`);
    db.exec(TABLES);
    db.prepare(INSERT_STORE).run(row);
    alsoNew();
  }).immediate();
  return row;
}

/** Raises the schema to the newest version, each step with its number in one transaction. */
export function migrate(db: Connection, found: Identity, steps = migrations): Identity {
  let identity = found;
  for (const step of steps) {
    if (step.to <= identity.schemaVersion) continue;
    const { to: schemaVersion, oldestReaderVersion } = step;
    db.transaction(() => {
      step.change(db);
      db.prepare('UPDATE store SET schema_version = ?, oldest_reader_version = ?').run(
        schemaVersion,
        oldestReaderVersion,
      );
    }).immediate();
    identity = { ...identity, schemaVersion, oldestReaderVersion };
  }
  return identity;
}
