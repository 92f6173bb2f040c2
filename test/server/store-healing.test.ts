// After a failure of the disk: no write is acknowledged before a new connection has proved itself,
// on the same store. Faults below SQLite, injected into system calls, are in `synced.test.ts`.
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { breakWrites, openWithConnection } from './support/open-with-connection.ts';
import { put, remove, valueAt } from './support/store-calls.ts';

const VALUE = Buffer.from('v');

test('a write that fails otherwise is uncertain, and the next heals the store first', async () => {
  const { store, db, lines, reconnects } = await openWithConnection();
  await put(store, 0, 'before', VALUE);
  breakWrites(db);
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  expect(reconnects()).toBe(0);
  expect(await valueAt(store, 0, 'before')).toEqual(VALUE);
  expect(await put(store, 0, 'after', VALUE)).toMatchObject({ stored: true });
  expect(reconnects()).toBe(1);
  expect(db.open).toBe(false);
  expect(lines().at(-1)?.msg).toContain('works again');
  expect(await valueAt(store, 0, 'after')).toEqual(VALUE);
  await store.close();
});

test('a health check heals the store as well', async () => {
  const { store, db, reconnects } = await openWithConnection();
  breakWrites(db);
  await expect(remove(store, 0, 'k')).resolves.toEqual({ removed: false });
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  await store.ping();
  expect(reconnects()).toBe(1);
  expect(await put(store, 0, 'k', VALUE)).toMatchObject({ stored: true });
  expect(reconnects()).toBe(1);
  await store.close();
});

test('a database that may only be read takes no write, and health tells', async () => {
  let readOnly = true;
  const opened = await openWithConnection(() => readOnly);
  const { store, db, reconnects, passPause } = opened;
  await put(store, 0, 'before', VALUE);
  db.pragma('query_only = ON');
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  await expect(store.ping()).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  expect(reconnects()).toBe(1);
  expect(await valueAt(store, 0, 'before')).toEqual(VALUE);
  expect(await valueAt(store, 0, 'k')).toBeUndefined();
  readOnly = false;
  passPause();
  await store.ping();
  expect(await put(store, 0, 'k', VALUE)).toMatchObject({ stored: true });
  await store.close();
});

test('while the disk stays broken nothing is acknowledged, and reads go on', async () => {
  let broken = true;
  const { store, db, passPause } = await openWithConnection(() => broken);
  await put(store, 0, 'before', VALUE);
  breakWrites(db);
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  for (let i = 0; i < 3; i += 1) {
    await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({
      code: 'DKV_STORE_UNAVAILABLE',
    });
    await expect(store.ping()).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
    expect(await valueAt(store, 0, 'before')).toEqual(VALUE);
    passPause();
  }
  broken = false;
  await store.ping();
  expect(await put(store, 0, 'k', VALUE)).toMatchObject({ stored: true });
  await store.close();
});

test('between two tries to heal there is a pause, in which nothing is tried', async () => {
  let broken = true;
  const { store, db, reconnects, passPause } = await openWithConnection(() => broken);
  breakWrites(db);
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  for (let tries = 1; tries <= 3; tries += 1) {
    for (let i = 0; i < 10; i += 1) {
      const refused = await put(store, 0, 'k', VALUE).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
      expect(refused).toHaveProperty('cause.message', 'the disk is still broken');
    }
    expect(reconnects()).toBe(tries);
    passPause();
  }
  broken = false;
  await store.ping();
  expect(reconnects()).toBe(4);
  await store.close();
});

test('a log that cannot be emptied keeps the store from healing', async () => {
  const { store, db, location, passPause } = await openWithConnection();
  await put(store, 0, 'k', VALUE);
  const reader = new Database(location);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM entries').get();
  breakWrites(db);
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  const refused = await store.ping().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  expect(refused).toHaveProperty('cause.code', 'DKV_STORE_CHECKPOINT_FAILED');
  reader.close();
  passPause();
  await store.ping();
  await store.close();
});

test('without a log to empty, a write has to prove the new connection', async () => {
  const { store, db, location, passPause } = await openWithConnection(() => false, 'truncate');
  await put(store, 0, 'k', VALUE);
  const reader = new Database(location);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM entries').get();
  breakWrites(db);
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  const refused = await store.ping().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  expect(refused).toHaveProperty('cause.code', 'SQLITE_BUSY');
  reader.close();
  passPause();
  await store.ping();
  await store.close();
});

/** How many files under this path the process holds open. */
const heldOpen = (location: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(location);
    } catch {
      return false;
    }
  }).length;

test('tries to heal that fail leave no file open', async () => {
  const { store, db, location, passPause } = await openWithConnection();
  await put(store, 0, 'k', VALUE);
  const stranger = new Database(location);
  stranger.exec('DROP TABLE entries');
  breakWrites(db);
  await expect(remove(store, 0, 'k')).rejects.toThrow();
  await expect(store.ping()).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  const before = heldOpen(location);
  for (let i = 0; i < 5; i += 1) {
    passPause();
    await expect(store.ping()).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  }
  expect(heldOpen(location)).toBe(before);
  stranger.close();
  await store.close();
});

test.each([
  ['gone', (location: string) => rmSync(location)],
  ['empty', (location: string) => truncateSync(location, 0)],
  ['another store', (location: string) => renameSync(`${location}.other`, location)],
])('a store does not heal into a database that is %s', async (_, exchange) => {
  const opened = await openWithConnection();
  const { store, db, location } = opened;
  await put(store, 0, 'k', VALUE);
  const other = await openWithConnection();
  await other.store.close();
  copyFileSync(other.location, `${location}.other`);
  breakWrites(db);
  await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  for (const end of ['-wal', '-shm']) rmSync(`${location}${end}`);
  exchange(location);
  const before = existsSync(location) ? readFileSync(location) : undefined;
  for (let i = 0; i < 2; i += 1) {
    await expect(put(store, 0, 'k', VALUE)).rejects.toMatchObject({
      code: 'DKV_STORE_UNAVAILABLE',
    });
    opened.passPause();
  }
  expect(existsSync(location) ? readFileSync(location) : undefined).toEqual(before);
  await store.close();
});
