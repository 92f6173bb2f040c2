// Opening a store: what is refused, with which code, and that a refusal leaves every file as it
// was. Keys are in `store-keys.test.ts`, names in `store-location.test.ts`, what is damaged in
// `store-damage.test.ts`.
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore, type StoreOptions } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog, silentLog } from './support/captured-log.ts';
import { put, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const open = (options: StoreOptions, log = silentLog): Promise<Store> =>
  openStore(options, log, new AbortController().signal);

/** A store with one entry, closed. */
async function makeStore(options: Partial<StoreOptions> = {}): Promise<string> {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await open({ location, ...options });
  await put(store, 0, 'k', Buffer.from('v'));
  await store.close();
  return location;
}

function change(location: string, sql: string): void {
  const db = new Database(location);
  db.exec(sql);
  db.close();
}

/** Checks that opening fails with a code, and that the database file stays byte for byte. */
async function expectRefusal(options: StoreOptions, code: string, message: RegExp): Promise<void> {
  const before = readFileSync(options.location);
  await expect(open(options)).rejects.toMatchObject({
    name: 'StartError',
    code,
    message: expect.stringMatching(message),
  });
  expect(readFileSync(options.location).equals(before)).toBe(true);
}

test('a new store takes STORE_ID as its own', async () => {
  const storeId = randomUUID();
  const store = await open({ location: join(tempFolder(), 'dumbkv.db'), storeId });
  expect(store.info().storeId).toBe(storeId);
  await store.close();
});

test('a new store without STORE_ID makes up one, another each time', async () => {
  const ids = [await makeStore(), await makeStore()].map(async (location) => {
    const store = await open({ location });
    await store.close();
    return store.info().storeId;
  });
  const [a, b] = await Promise.all(ids);
  expect(a).not.toBe(b);
});

test('the right STORE_ID opens the store', async () => {
  const storeId = randomUUID();
  const location = await makeStore({ storeId });
  const store = await open({ location, storeId });
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await store.close();
});

test('another STORE_ID is refused before anything is written', async () => {
  const storeId = randomUUID();
  const location = await makeStore({ storeId });
  const wanted = randomUUID();
  await expectRefusal({ location, storeId: wanted }, 'DKV_STORE_MISMATCH', new RegExp(storeId));
  const store = await open({ location, storeId });
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await store.close();
});

test('a store that needs a newer release is refused', async () => {
  const location = await makeStore();
  change(location, 'UPDATE store SET schema_version = 9, oldest_reader_version = 8');
  await expectRefusal({ location }, 'DKV_STORE_TOO_NEW', /schema 8; this one knows 2/);
});

test('a store of a newer release that old ones may read is read', async () => {
  const location = await makeStore();
  change(location, 'UPDATE store SET schema_version = 9, oldest_reader_version = 1');
  const store = await open({ location });
  expect(store.info().schemaVersion).toBe(9);
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await store.close();
});

test('an SQLite file of somebody else is left alone', async () => {
  const location = join(tempFolder(), 'other.db');
  change(location, 'CREATE TABLE kv (database_id INTEGER, key TEXT, value TEXT)');
  await expectRefusal({ location }, 'DKV_STORE_FOREIGN', /left untouched/);
});

test('an empty SQLite file with another application id is left alone', async () => {
  const location = join(tempFolder(), 'other.db');
  change(location, 'PRAGMA application_id = 7');
  await expectRefusal({ location }, 'DKV_STORE_FOREIGN', /left untouched/);
});

test('a file that is no SQLite file is left alone', async () => {
  const location = join(tempFolder(), 'notes.txt');
  writeFileSync(location, 'some notes of mine\n'.repeat(500));
  await expectRefusal({ location }, 'DKV_STORE_FOREIGN', /not a store of DumbKV/);
});

test('a folder that is not there is not made: it may be a volume that is missing', async () => {
  const folder = join(tempFolder(), 'not-mounted');
  await expect(open({ location: join(folder, 'dumbkv.db') })).rejects.toMatchObject({
    code: 'DKV_STORE_OPEN_FAILED',
    message: expect.stringContaining('not-mounted'),
  });
  expect(existsSync(folder)).toBe(false);
});

test('a folder in the place of the file is refused', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  mkdirSync(location);
  await expect(open({ location })).rejects.toMatchObject({ code: 'DKV_STORE_OPEN_FAILED' });
});

test('a lock that cannot be opened is refused', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  mkdirSync(`${location}.lock`);
  await expect(open({ location })).rejects.toMatchObject({
    code: 'DKV_STORE_OPEN_FAILED',
    message: expect.stringMatching(/lock .* cannot be taken/),
  });
});

test('a lock file that is something else is refused', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  writeFileSync(`${location}.lock`, 'not a lock\n'.repeat(200));
  await expect(open({ location })).rejects.toMatchObject({ code: 'DKV_STORE_OPEN_FAILED' });
});

test('after a refusal the lock is free again', async () => {
  const storeId = randomUUID();
  const location = await makeStore({ storeId });
  await expect(open({ location, storeId: randomUUID() })).rejects.toThrow();
  const store = await open({ location, storeId });
  await store.close();
});

test('only the owner may read the files of a new store', async () => {
  const location = await makeStore();
  expect(statSync(location).mode & 0o777).toBe(0o600);
  expect(statSync(`${location}.sealing-key`).mode & 0o777).toBe(0o600);
});

test('the mode of an existing file stays', async () => {
  const location = await makeStore();
  chmodSync(location, 0o640);
  await (await open({ location })).close();
  expect(statSync(location).mode & 0o777).toBe(0o640);
});

test('a closed store leaves no write-ahead log behind', async () => {
  const location = await makeStore();
  const names = readdirSync(join(location, '..')).toSorted();
  const ends = ['', '.lock', '.reserve', '.sealing-key'];
  expect(names).toEqual(ends.map((end) => `dumbkv.db${end}`));
});

test('a store that moved to a network file system goes over to a rollback journal', async () => {
  const location = await makeStore();
  const { log, lines } = capturedLog();
  const journal = { mode: 'truncate', networkFileSystem: 'NFS' } as const;
  const store = await open({ location, journal }, log);
  expect(store.info().journalMode).toBe('truncate');
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await store.close();
  expect(lines().at(-1)).toMatchObject({ level: 40, journalMode: 'truncate' });
  expect(lines().at(-1)?.msg).toContain('NFS');
});
