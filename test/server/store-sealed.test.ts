// What lies on the disk: no key and no value can be read there, and what was tampered with is never
// served. The seals themselves are tested in test/unit/server/sealing/.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { openApp } from './support/open-app.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const KEY = 'the-name-of-a-patient';
const VALUE = 'what-the-doctor-wrote';

const open = (location: string): Promise<Store> =>
  openStore({ location }, silentLog, new AbortController().signal);

const newLocation = (): string => join(tempFolder(), 'dumbkv.db');

/** Runs SQL on the closed store's file. */
function tamper(location: string, sql: string): void {
  const db = new Database(location);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

/** A closed store with the entries `a` and `b` in database 0. */
async function makeStore(): Promise<string> {
  const location = newLocation();
  const store = await open(location);
  await put(store, 0, 'a', Buffer.from('value of a'));
  await put(store, 0, 'b', Buffer.from('value of b'));
  await store.close();
  return location;
}

/** Every form in which a text might lie in a file. */
function formsOf(text: string): Buffer[] {
  const encodings = ['utf8', 'utf16le'] as const;
  const plain = encodings.map((encoding) => Buffer.from(text, encoding));
  const coded = (['base64', 'base64url', 'hex'] as const).map((encoding) =>
    Buffer.from(Buffer.from(text).toString(encoding).replace(/=+$/, '')),
  );
  return [...plain, ...coded];
}

/** Fails if any file of the store, but the key file, holds the text. */
function expectNowhere(location: string, text: string): void {
  const folder = dirname(location);
  for (const name of readdirSync(folder).filter((one) => !one.endsWith('.sealing-key'))) {
    const bytes = readFileSync(join(folder, name));
    for (const form of formsOf(text)) expect(bytes.includes(form), name).toBe(false);
  }
}

test('no file shows a key or a value, while the store is open and after', async () => {
  const location = newLocation();
  const store = await open(location);
  for (let i = 0; i < 200; i += 1) await put(store, i % 3, `${KEY}-${i}`, Buffer.from(VALUE));
  await remove(store, 0, `${KEY}-0`);
  expect(existsSync(`${location}-wal`)).toBe(true);
  for (const text of [KEY, VALUE]) expectNowhere(location, text);
  await store.close();
  for (const text of [KEY, VALUE]) expectNowhere(location, text);
});

test('the same scan finds what is not sealed', async () => {
  const location = newLocation();
  tamper(location, `CREATE TABLE plain (value TEXT); INSERT INTO plain VALUES ('${VALUE}')`);
  expect(() => expectNowhere(location, VALUE)).toThrow();
});

test('no file but the key file shows a key, wrapped or not', async () => {
  const location = await makeStore();
  const kek = readFileSync(`${location}.sealing-key`, 'utf8').trim();
  const bytes = readFileSync(location);
  expect(bytes.includes(Buffer.from(kek))).toBe(false);
  expect(bytes.includes(Buffer.from(kek, 'base64'))).toBe(false);
});

test('equal values under equal keys look different in every database', async () => {
  const location = newLocation();
  const store = await open(location);
  for (const database of [0, 1, 2]) await put(store, database, 'k', Buffer.from(VALUE));
  await store.close();
  const db = new Database(location, { readonly: true });
  const rows = db.prepare('SELECT lookup, name, value FROM entries').all() as Buffer[][];
  db.close();
  for (const column of ['lookup', 'name', 'value']) {
    const seen = rows.map((row) => Buffer.from(Object(row)[column]).toString('hex'));
    expect(new Set(seen).size, column).toBe(3);
  }
});

/** Ways to change a sealed entry `a` without its keys, with access to the file. */
const tamperings: [string, string][] = [
  ['an older format', "UPDATE entries SET value = CAST(x'01' || substr(value, 2) AS BLOB)"],
  ['an unknown format', "UPDATE entries SET value = CAST(x'03' || substr(value, 2) AS BLOB)"],
  [
    'another byte in the middle',
    `UPDATE entries SET value = CAST(substr(value, 1, 15) ||
       CASE substr(value, 16, 1) WHEN x'00' THEN x'01' ELSE x'00' END ||
       substr(value, 17) AS BLOB)`,
  ],
  ['a shorter value', 'UPDATE entries SET value = substr(value, 1, length(value) - 1)'],
  ['a longer value', "UPDATE entries SET value = CAST(value || x'00' AS BLOB)"],
  ['an empty value', "UPDATE entries SET value = x''"],
  ['its name as its value', 'UPDATE entries SET value = name'],
  ['an expiry that was not there', 'UPDATE entries SET expires_at = 99999999999999'],
  ['another data key', 'UPDATE entries SET data_key_id = 99'],
  [
    'the values of two entries exchanged',
    `UPDATE entries SET value = (SELECT o.value FROM entries o WHERE o.rowid <> entries.rowid),
       name = (SELECT o.name FROM entries o WHERE o.rowid <> entries.rowid)`,
  ],
];

test.each(tamperings)('an entry with %s is not served', async (_, sql) => {
  const location = await makeStore();
  tamper(location, sql);
  const store = await open(location);
  await expect(valueAt(store, 0, 'a')).rejects.toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
  await expect(store.ping()).resolves.toBeUndefined();
  await put(store, 0, 'a', Buffer.from('mended'));
  expect(await valueAt(store, 0, 'a')).toEqual(Buffer.from('mended'));
  await store.close();
});

test('an entry moved to another key is not found, and not served as that key', async () => {
  const location = await makeStore();
  const b = `(SELECT max(lookup) FROM entries)`;
  tamper(
    location,
    `UPDATE entries SET value = (SELECT value FROM entries WHERE lookup = ${b}) WHERE lookup <> ` +
      `${b}`,
  );
  const store = await open(location);
  const results = await Promise.allSettled(['a', 'b'].map((key) => valueAt(store, 0, key)));
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await store.close();
});

test('an entry of another store with the same key file does not open here', async () => {
  const [mine, other] = [await makeStore(), await makeStore()];
  tamper(
    mine,
    `ATTACH '${other}' AS other; UPDATE entries SET value = (SELECT max(o.value) FROM ` +
      'other.entries o)',
  );
  const store = await open(mine);
  await expect(valueAt(store, 0, 'a')).rejects.toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
  await store.close();
});

test('over HTTP a damaged entry is a 500 with its code, and the log names no key', async () => {
  const location = await makeStore();
  tamper(location, "UPDATE entries SET value = x'01'");
  const store = await open(location);
  const { kv, lines, text } = await openApp({ store });
  const reply = await kv('POST', { key: 'a' });
  expect(reply.statusCode).toBe(500);
  expect(reply.json()).toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
  expect(lines().at(-1)).toMatchObject({ level: 50, code: 'DKV_ENTRY_UNREADABLE' });
  expect(text()).not.toContain('value of a');
});
