// A store of schema version 1, as older releases left it, at its first start with this one.
// What raising the schema is in general is in `store-durable.test.ts`.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { textType } from '../../server/sealing/content.ts';
import { parseSealingKeyFile, sealingKeyFileText } from '../../server/sealing/key-file.ts';
import { type KeepKey, KeyRing } from '../../server/sealing/key-ring.ts';
import { fieldAssociatedData, lookupOf, nonceBytes, seal } from '../../server/sealing/seal.ts';
import { applicationId, storeIdBytes } from '../../server/store/identity.ts';
import { openStore } from '../../server/store/open.ts';
import { silentLog } from './support/captured-log.ts';
import { columnIn, keyText, replaceFile, writeKeys } from './support/key-files.ts';
import { step, writerOf } from './support/rotated-store.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const STORE_ID = randomUUID();

/** The schema that the first release made, word for word. */
const VERSION_1 = `
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
  ) STRICT;
  INSERT INTO store VALUES (1, '${STORE_ID}', '${randomUUID()}', 1, 1, 0, 0);`;

const ENTRIES = [
  [0, 'a', 'value of a'],
  [0, 'b', ''],
  [7, 'ключ', 'значение'],
] as const;

/** Keeps keys as that release did. */
const keeperOf =
  (db: Database.Database): KeepKey =>
  (purpose, kekId, wrap) => {
    const insert = db.prepare(
      'INSERT INTO sealing_keys (purpose, kek_id, wrapped) VALUES (?, ?, ?)',
    );
    const id = 1 + Number(db.prepare('SELECT count(*) FROM sealing_keys').pluck().get());
    insert.run(purpose, kekId, wrap(id));
    return id;
  };

/** Makes such a store; values had no media type then. */
function makeVersion1(): string {
  const location = join(tempFolder(), 'dumbkv.db');
  const keyText = sealingKeyFileText(randomBytes(32));
  writeFileSync(`${location}.sealing-key`, keyText);
  const db = new Database(location);
  db.pragma(`application_id = ${applicationId}`);
  db.exec(VERSION_1);
  const storeId = storeIdBytes(STORE_ID);
  const ring = new KeyRing(storeId, parseSealingKeyFile(keyText));
  ring.createLookupKey(keeperOf(db));
  const { id, key } = ring.dataKeyForSealing(2 * ENTRIES.length, keeperOf(db));
  const insert = db.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, NULL, ?, ?)');
  ENTRIES.forEach(([database, name, value], at) => {
    const lookup = lookupOf(ring.lookupKey, database, name);
    const place = { storeId, database, lookup, dataKeyId: id, expiresAtMs: null };
    const sealed = (text: string, field: 'name' | 'value') =>
      seal(key, Buffer.from(text), fieldAssociatedData(place, field), randomBytes(nonceBytes));
    insert.run(lookup, database, id, at + 1, sealed(name, 'name'), sealed(value, 'value'));
  });
  db.prepare('UPDATE store SET revision = ?').run(ENTRIES.length);
  db.close();
  return location;
}

const open = (location: string) => openStore({ location }, silentLog, new AbortController().signal);

test('everything is there after the first start, and after the second', async () => {
  const location = makeVersion1();
  for (let start = 0; start < 2; start += 1) {
    const store = await open(location);
    expect(store.info()).toMatchObject({ schemaVersion: 2, storeId: STORE_ID });
    for (const [at, [database, key, value]] of ENTRIES.entries()) {
      expect(await store.get(database, key)).toEqual({
        ...{ value: Buffer.from(value), contentType: textType },
        ...{ revision: at + 1, expiresAtMs: null },
      });
    }
    expect(await store.state()).toMatchObject({ revision: 3, keys: 3, removals: 0 });
    await store.close();
  }
});

test('its entries are changed like others, and counted', async () => {
  const store = await open(makeVersion1());
  const { storedBytes } = await store.state();
  expect(await put(store, 0, 'a', Buffer.from('value of a'))).toEqual({
    stored: true,
    revision: 4,
  });
  // the media type takes a byte
  expect((await store.state()).storedBytes).toBe(storedBytes + 1);
  await remove(store, 0, 'b');
  expect(await store.state()).toMatchObject({ keys: 2, removals: 1 });
  const { entries } = await store.scan({ database: 7, limit: 9, withValues: true });
  expect(entries).toMatchObject([{ key: 'ключ', value: Buffer.from('значение') }]);
  await store.close();
});

test('a feed tells of its entries, but does not go on from a revision of then', async () => {
  const store = await open(makeVersion1());
  const request = { database: 0, limit: 9, withValues: false };
  const { events } = await store.changes({ ...request, afterRevision: 0 });
  expect(events.map(({ key }) => key)).toEqual(['a', 'b']);
  const gone = store.changes({ ...request, afterRevision: 2 });
  await expect(gone).rejects.toMatchObject({ code: 'DKV_REVISION_GONE' });
  expect((await store.changes({ ...request, afterRevision: 3 })).events).toEqual([]);
  await store.close();
});

test('the tables are those of a new store', async () => {
  const location = makeVersion1();
  const fresh = join(tempFolder(), 'dumbkv.db');
  for (const one of [location, fresh]) await (await open(one)).close();
  const tablesOf = (path: string) => {
    const db = new Database(path, { readonly: true });
    const rows = db.prepare('SELECT type, name FROM sqlite_master ORDER BY name').all();
    const columns = ['store', 'sealing_keys', 'entries'].map((table) =>
      db
        .prepare(`SELECT name, type, "notnull", dflt_value FROM pragma_table_info('${table}')`)
        .all(),
    );
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
    return { rows, columns };
  };
  expect(tablesOf(location)).toEqual(tablesOf(fresh));
});

test('its keys were made under those that wrap them, and are rotated as others', async () => {
  const location = makeVersion1();
  await (await open(location)).close();
  const origins = 'SELECT DISTINCT made_under = kek_id FROM sealing_keys';
  expect(columnIn(location, origins)).toEqual([1]);
  const files = { location, sealingKeyFile: `${location}.sealing-key` };
  replaceFile(files.sealingKeyFile, keyText(2) + readFileSync(files.sealingKeyFile, 'utf8'));
  const writer = writerOf(files);
  while (step(writer) === true);
  writer.close();
  writeKeys(files, 2);
  const store = await open(location);
  for (const [database, name, value] of ENTRIES) {
    expect(await valueAt(store, database, name)).toEqual(Buffer.from(value));
  }
  await store.close();
});
