// The schema and its versions, forward only: a new store gets the newest, an old one is raised step
// by step.
// Next: `sqlite.ts` works on it.

import type { Connection } from './connection.ts';
import { applicationId, type Identity } from './identity.ts';

const ENTRIES = `
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    database INTEGER NOT NULL,
    lookup BLOB NOT NULL CHECK (length(lookup) = 32),
    data_key_id INTEGER NOT NULL REFERENCES sealing_keys (id),
    revision INTEGER NOT NULL,
    expires_at INTEGER,
    removed_at INTEGER,
    name BLOB NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (database, lookup)
  ) STRICT;
  CREATE INDEX entries_by_revision ON entries (database, revision);
  CREATE INDEX entries_expiring ON entries (expires_at)
    WHERE expires_at IS NOT NULL AND removed_at IS NULL;
  CREATE INDEX entries_removed ON entries (removed_at) WHERE removed_at IS NOT NULL;`;

const TABLES = `
  CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    oldest_reader_version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    feed_floor INTEGER NOT NULL,
    key_count INTEGER NOT NULL DEFAULT 0,
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    removal_count INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE sealing_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose TEXT NOT NULL CHECK (purpose IN ('lookup', 'data')),
    kek_id TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    made_under TEXT NOT NULL DEFAULT ''
  ) STRICT;
  ${ENTRIES}`;

/**
 * What version 1 lacked: counts, removals that are remembered, entries found by revision, and what
 * the rotation of keys goes by.
 */
const TO_VERSION_2 = `
  ALTER TABLE sealing_keys ADD COLUMN made_under TEXT NOT NULL DEFAULT '';
  UPDATE sealing_keys SET made_under = kek_id;
  ALTER TABLE store ADD COLUMN key_count INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE store ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE store ADD COLUMN removal_count INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entries RENAME TO entries_of_version_1;
  ${ENTRIES}
  INSERT INTO entries (database, lookup, data_key_id, revision, expires_at, name, value)
    SELECT database, lookup, data_key_id, revision, expires_at, name, value
    FROM entries_of_version_1;
  DROP TABLE entries_of_version_1;
  UPDATE store SET feed_floor = revision,
    key_count = (SELECT count(*) FROM entries),
    stored_bytes = (SELECT coalesce(sum(length(name) + length(value)), 0) FROM entries);`;

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
  readonly change: (db: Connection) => unknown;
}

/** The steps after version 1, in order. */
export const migrations: readonly Migration[] = [
  { to: 2, oldestReaderVersion: 2, change: (db) => db.exec(TO_VERSION_2) },
];

const newest = { schemaVersion: 2, oldestReaderVersion: 2 };

/** The newest version among the steps. */
export const versionOf = (steps: readonly Migration[]): number => steps.at(-1)?.to ?? 1;

/** Makes the tables and the row of identity, and whatever `alsoNew` adds, in one transaction. */
export function createSchema(
  db: Connection,
  identity: Pick<Identity, 'storeId' | 'incarnation'>,
  alsoNew: () => void,
): Identity {
  const row = { ...identity, ...newest };
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
