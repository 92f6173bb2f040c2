// Damage is told as damage: never as a wrong key, never as absence, and never answered by a new
// store. What a stranger changed in an entry is in `store-sealed.test.ts`.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore, type StoreOptions } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { capturedLog, silentLog } from './support/captured-log.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import { bytesOf, copyOf } from './support/store-files.ts';
import { tempFolder } from './support/temp-folder.ts';

const STORE_ID = randomUUID();
const PAGE_BYTES = 4_096;

const open = (options: StoreOptions, log = silentLog): Promise<Store> =>
  openStore(options, log, new AbortController().signal);

const newLocation = (): string => join(tempFolder(), 'dumbkv.db');

/** A closed store: process i of `processes` wrote the entry `k<i>` with a data key of its own. */
async function makeStore(processes = 2): Promise<string> {
  const location = newLocation();
  for (let i = 1; i <= processes; i += 1) {
    const store = await open({ location, storeId: STORE_ID });
    await put(store, 0, `k${i}`, Buffer.from(`v${i}`));
    await store.close();
  }
  return location;
}

/** Runs SQL on a closed database, and gives what it selects. */
function damage(location: string, sql: string): void {
  const db = new Database(location);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
}

async function expectRefusal(options: StoreOptions, message: RegExp): Promise<void> {
  const before = bytesOf(options.location);
  await expect(open(options)).rejects.toMatchObject({
    code: 'DKV_STORE_CORRUPT',
    message: expect.stringMatching(message),
  });
  expect(bytesOf(options.location)).toEqual(before);
}

const BROKEN = "CAST(substr(wrapped, 1, 60) || x'00' AS BLOB)";

test.each([
  ['a broken lookup key', `UPDATE sealing_keys SET wrapped = ${BROKEN} WHERE purpose = 'lookup'`],
  ['a short lookup key', "UPDATE sealing_keys SET wrapped = x'01' WHERE purpose = 'lookup'"],
  ['no lookup key', "DELETE FROM sealing_keys WHERE purpose = 'lookup'"],
  ['a lookup key of no key', "UPDATE sealing_keys SET kek_id = 'n' || substr(kek_id, 2)"],
  ['no table of keys', 'DROP TABLE entries; DROP TABLE sealing_keys'],
  ['no table of identity', 'DROP TABLE store'],
  ['no row of identity', 'DELETE FROM store'],
  ['an id that is none', "UPDATE store SET store_id = substr(store_id, 2) || 'x'"],
  ['an empty incarnation', "UPDATE store SET incarnation = ''"],
  ['an incarnation in capitals', "UPDATE store SET incarnation = 'A' || substr(incarnation, 2)"],
])('a store with %s is damaged, and its key file is not to blame', async (_, sql) => {
  const location = await makeStore();
  damage(location, sql);
  await expectRefusal({ location }, /is damaged: /);
  await expectRefusal({ location, storeId: STORE_ID }, /is damaged: /);
});

test('keys copied in from another store with the same key file are damage', async () => {
  const [mine, other] = [await makeStore(), newLocation()];
  const sealingKeyFile = `${mine}.sealing-key`;
  await (await open({ location: other, sealingKeyFile })).close();
  damage(
    mine,
    `ATTACH '${other}' AS other; UPDATE sealing_keys SET wrapped =
       (SELECT o.wrapped FROM other.sealing_keys o WHERE o.purpose = 'lookup')
     WHERE purpose = 'lookup'`,
  );
  await expectRefusal({ location: mine }, /does not open/);
});

test.each([
  ['broken', `UPDATE sealing_keys SET wrapped = ${BROKEN} WHERE id = 2`],
  ['empty', "UPDATE sealing_keys SET wrapped = x'' WHERE id = 2"],
  ['not named', "UPDATE sealing_keys SET kek_id = '' WHERE id = 2"],
  ['gone', 'DELETE FROM sealing_keys WHERE id = 2'],
])('a data key that is %s costs its own entries and no others', async (how, sql) => {
  const location = await makeStore(3);
  damage(location, sql);
  const { log, lines } = capturedLog();
  const store = await open({ location }, log);
  const told = lines().filter(({ dataKeyIds }) => dataKeyIds !== undefined);
  const expected = how === 'gone' ? [] : [{ level: 50, dataKeyIds: [2] }];
  expect(told).toMatchObject(expected);
  await expect(valueAt(store, 0, 'k1')).rejects.toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
  for (const i of [2, 3]) expect(await valueAt(store, 0, `k${i}`)).toEqual(Buffer.from(`v${i}`));
  await expect(store.ping()).resolves.toBeUndefined();
  await put(store, 0, 'k1', Buffer.from('new'));
  expect(await valueAt(store, 0, 'k1')).toEqual(Buffer.from('new'));
  await store.close();
});

test('an entry whose data key is damaged can be removed', async () => {
  const location = await makeStore();
  damage(location, `UPDATE sealing_keys SET wrapped = ${BROKEN} WHERE id = 2`);
  const store = await open({ location });
  expect(await remove(store, 0, 'k1')).toMatchObject({ removed: true });
  expect(await valueAt(store, 0, 'k1')).toBeUndefined();
  await store.close();
});

test('an empty file is a store that lost its data, not a new one', async () => {
  const location = await makeStore();
  truncateSync(location, 0);
  await expectRefusal({ location }, /it is empty\. If it never held data, remove it/);
});

test('a log without its database is not answered by a new store', async () => {
  const location = newLocation();
  const store = await open({ location });
  await put(store, 0, 'k', Buffer.from('v'));
  const copy = copyOf(location);
  await store.close();
  const whole = readFileSync(copy);
  rmSync(copy);
  await expectRefusal({ location: copy }, /it is gone, but .*-wal is there/);
  expect(existsSync(copy)).toBe(false);
  writeFileSync(copy, whole);
  const again = await open({ location: copy });
  expect(await valueAt(again, 0, 'k')).toEqual(Buffer.from('v'));
  await again.close();
});

test('empty journals without a database stand in nobody’s way', async () => {
  const location = newLocation();
  for (const end of ['-wal', '-journal']) writeFileSync(`${location}${end}`, '');
  await (await open({ location })).close();
});

test('a database that lost its end is refused', async () => {
  const location = await makeStore();
  truncateSync(location, PAGE_BYTES);
  await expectRefusal({ location }, /malformed/);
});

/** Overwrites the pages of a closed database that hold a table or an index. */
function overwritePages(location: string, name: string): void {
  const db = new Database(location);
  const numbers = db.prepare('SELECT pageno FROM dbstat WHERE name = ?').pluck().all(name);
  db.close();
  const bytes = readFileSync(location);
  for (const number of numbers as number[]) {
    bytes.fill(0xab, (number - 1) * PAGE_BYTES, number * PAGE_BYTES);
  }
  writeFileSync(location, bytes);
}

test.each(['sealing_keys', 'store'])('damaged pages of %s are told at the start', async (name) => {
  const location = await makeStore();
  overwritePages(location, name);
  await expectRefusal({ location }, /is damaged: .*malformed/);
});

test.each(['entries', 'sqlite_autoindex_entries_1'])(
  'damaged pages of %s are told as damage, not as absence',
  async (name) => {
    const location = await makeStore();
    overwritePages(location, name);
    const store = await open({ location });
    await expect(valueAt(store, 0, 'k1')).rejects.toMatchObject({ code: 'DKV_ENTRY_UNREADABLE' });
    await store.close();
  },
);

test('a damaged counter is told as damage, and harms nobody who writes then', async () => {
  const location = newLocation();
  const made = await open({ location });
  await put(made, 0, 'n', Buffer.from('1'));
  await made.close();
  damage(location, 'UPDATE entries SET value = zeroblob(length(value))');
  const store = await open({ location });
  const add = () => store.write([{ op: 'add', database: 0, key: 'n', delta: 1n }]);
  const unreadable = { status: 'rejected', reason: { code: 'DKV_ENTRY_UNREADABLE' } };
  const outcomes = await Promise.allSettled([add(), put(store, 0, 'k', Buffer.from('v')), add()]);
  expect(outcomes).toMatchObject([unreadable, { value: { stored: true } }, unreadable]);
  expect(await valueAt(store, 0, 'k')).toEqual(Buffer.from('v'));
  await put(store, 0, 'n', Buffer.from('1'));
  expect((await add()).results?.[0]?.counter).toBe(2n);
  await store.close();
});
