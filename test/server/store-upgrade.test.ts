// A store of schema version 1, as the first release left it, opened by this one: what was stored is
// there, and its keys can be rotated.
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { columnIn, type Files, keyId, newFiles, openWith, writeKeys } from './support/key-files.ts';
import { step, writerOf } from './support/rotated-store.ts';
import { put, valueAt } from './support/store-calls.ts';

const TO_VERSION_1 = `
  UPDATE store SET schema_version = 1, oldest_reader_version = 1;
  ALTER TABLE store DROP COLUMN key_count;
  ALTER TABLE store DROP COLUMN stored_bytes;
  ALTER TABLE store DROP COLUMN removal_count;
  ALTER TABLE sealing_keys DROP COLUMN made_under;
  ALTER TABLE entries RENAME TO entries_of_version_2;
  CREATE TABLE entries (
    lookup BLOB PRIMARY KEY NOT NULL CHECK (length(lookup) = 32),
    database INTEGER NOT NULL,
    data_key_id INTEGER NOT NULL REFERENCES sealing_keys (id),
    revision INTEGER NOT NULL,
    expires_at INTEGER,
    name BLOB NOT NULL,
    value BLOB NOT NULL
  ) STRICT;
  INSERT INTO entries
    SELECT lookup, database, data_key_id, revision, expires_at, name, value
    FROM entries_of_version_2;
  DROP TABLE entries_of_version_2;`;

/** A closed store of version 1 with one entry, sealed under key 1. */
async function oldStore(): Promise<Files> {
  const files = newFiles();
  const store = await openWith(files);
  await put(store, 0, 'k', Buffer.from('v'));
  await store.close();
  const db = new Database(files.location);
  db.exec(`PRAGMA foreign_keys = OFF; BEGIN; ${TO_VERSION_1} COMMIT`);
  db.close();
  return files;
}

test('a store of version 1 is raised, with what it holds', async () => {
  const files = await oldStore();
  const store = await openWith(files);
  expect(store.info().schemaVersion).toBe(2);
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  expect(await store.state()).toMatchObject({ keys: 1, removals: 0 });
  await store.close();
});

test('its keys were made under those that wrap them', async () => {
  const files = await oldStore();
  await (await openWith(files)).close();
  expect(columnIn(files.location, 'SELECT made_under FROM sealing_keys')).toEqual([
    keyId(1),
    keyId(1),
  ]);
});

test('it is refused without its key, and stays as it is', async () => {
  const files = await oldStore();
  writeKeys(files, 2);
  await expect(openWith(files)).rejects.toMatchObject({ code: 'DKV_SEALING_KEY_WRONG' });
  expect(columnIn(files.location, 'SELECT schema_version FROM store')).toEqual([1]);
});

test('its keys are rotated as those of a new store', async () => {
  const files = await oldStore();
  writeKeys(files, 2, 1);
  await (await openWith(files)).close();
  const writer = writerOf(files);
  while (step(writer) === true);
  writer.close();
  writeKeys(files, 2);
  const store = await openWith(files);
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await store.close();
});
