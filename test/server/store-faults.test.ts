// When the disk does not bear it: what is answered, that reads go on, and how the store comes back.
// Faults below SQLite, injected into system calls, are in `synced.test.ts`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { findSealingKeys } from '../../server/sealing/key-source.ts';
import { Sealer } from '../../server/sealing/sealer.ts';
import { type Connection, connect, openDurable } from '../../server/store/connection.ts';
import { fill } from '../../server/store/create.ts';
import { storeIdBytes } from '../../server/store/identity.ts';
import { openStore } from '../../server/store/open.ts';
import { SqliteStore } from '../../server/store/sqlite.ts';
import { type CapturedLog, capturedLog, silentLog } from './support/captured-log.ts';
import { openApp } from './support/open-app.ts';
import { tempFolder } from './support/temp-folder.ts';

interface Opened extends CapturedLog {
  readonly store: SqliteStore;
  /** The connection that the store began with. */
  readonly db: Connection;
  readonly location: string;
  /** How often the store asked for a new connection. */
  readonly reconnects: () => number;
}

/** A store on real files whose first connection the test holds as well. */
async function openWithConnection(refuse: () => boolean = () => false): Promise<Opened> {
  const captured = capturedLog();
  const location = join(tempFolder(), 'dumbkv.db');
  writeFileSync(location, '');
  const keys = await findSealingKeys(
    { file: undefined, location: ':memory:', isNewStore: true },
    silentLog,
  );
  const empty = connect(location);
  const { identity, ring } = fill(empty, undefined, keys);
  empty.close();
  const durable = () => openDurable(location, 'wal', identity);
  const db = durable();
  let reconnects = 0;
  const reconnect = () => {
    reconnects += 1;
    if (refuse()) throw new Error('the disk is still broken');
    return durable();
  };
  const sealer = new Sealer(storeIdBytes(identity.storeId), ring);
  const info = { engine: 'sqlite', journalMode: 'wal', ...identity } as const;
  const release = () => {};
  const store = new SqliteStore({ db, reconnect, sealer, info, log: captured.log, release });
  return { ...captured, store, db, location, reconnects: () => reconnects };
}

const VALUE = Buffer.from('v');

/** Fills the store up to a bound that SQLite keeps like the end of a disk. */
async function fillDisk({ store, db }: Opened): Promise<unknown> {
  const pages = Number(db.pragma('page_count', { simple: true }));
  db.pragma(`max_page_count = ${pages + 20}`);
  for (let i = 0; i < 100; i += 1) {
    try {
      await store.put(0, `filler ${i}`, Buffer.alloc(4_000));
    } catch (error) {
      return error;
    }
  }
  throw new Error('the disk did not become full');
}

test('on a full disk writes are refused, and nothing of them is written', async () => {
  const opened = await openWithConnection();
  await opened.store.put(0, 'k', VALUE);
  expect(await fillDisk(opened)).toMatchObject({ code: 'DKV_STORE_FULL', status: 507 });
  const big = opened.store.put(0, 'new', Buffer.alloc(100_000));
  await expect(big).rejects.toMatchObject({ code: 'DKV_STORE_FULL' });
  expect(await opened.store.get(0, 'new')).toBeUndefined();
  await opened.store.close();
});

test('on a full disk reads go on, health is good, and removing makes room', async () => {
  const opened = await openWithConnection();
  await opened.store.put(0, 'k', VALUE);
  await fillDisk(opened);
  expect(await opened.store.get(0, 'k')).toEqual(VALUE);
  await expect(opened.store.ping()).resolves.toBeUndefined();
  for (let i = 0; i < 5; i += 1) await opened.store.remove(0, `filler ${i}`);
  expect(await opened.store.put(0, 'again', VALUE)).toMatchObject({ stored: true });
  expect(opened.reconnects()).toBe(0);
  await opened.store.close();
});

test('over HTTP a full disk is 507, and the revision has not moved', async () => {
  const opened = await openWithConnection();
  await fillDisk(opened);
  const revision = () => opened.db.prepare('SELECT revision FROM store').pluck().get();
  const before = revision();
  const { kv } = await openApp({ store: opened.store });
  const reply = await kv('PUT', { key: 'k', value: 'x'.repeat(100_000) });
  expect(reply.statusCode).toBe(507);
  expect(reply.json()).toMatchObject({ code: 'DKV_STORE_FULL' });
  expect(revision()).toBe(before);
});

test('a write that fails otherwise is uncertain, and the next heals the store first', async () => {
  const { store, db, lines, reconnects } = await openWithConnection();
  await store.put(0, 'before', VALUE);
  db.pragma('query_only = ON');
  await expect(store.put(0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  expect(reconnects()).toBe(0);
  expect(await store.get(0, 'before')).toEqual(VALUE);
  expect(await store.put(0, 'after', VALUE)).toMatchObject({ stored: true });
  expect(reconnects()).toBe(1);
  expect(db.open).toBe(false);
  expect(lines().at(-1)?.msg).toContain('works again');
  expect(await store.get(0, 'after')).toEqual(VALUE);
  await store.close();
});

test('a health check heals the store as well', async () => {
  const { store, db, reconnects } = await openWithConnection();
  db.pragma('query_only = ON');
  await expect(store.remove(0, 'k')).resolves.toEqual({ removed: false });
  await expect(store.put(0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  await store.ping();
  expect(reconnects()).toBe(1);
  expect(await store.put(0, 'k', VALUE)).toMatchObject({ stored: true });
  expect(reconnects()).toBe(1);
  await store.close();
});

test('while the disk stays broken nothing is acknowledged, and reads go on', async () => {
  let broken = true;
  const { store, db } = await openWithConnection(() => broken);
  await store.put(0, 'before', VALUE);
  db.pragma('query_only = ON');
  await expect(store.put(0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  for (let i = 0; i < 3; i += 1) {
    await expect(store.put(0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
    expect(await store.get(0, 'before')).toEqual(VALUE);
  }
  broken = false;
  await store.ping();
  expect(await store.put(0, 'k', VALUE)).toMatchObject({ stored: true });
  await store.close();
});

test('a log that cannot be emptied keeps the store from healing', async () => {
  const { store, db, location } = await openWithConnection();
  await store.put(0, 'k', VALUE);
  const reader = new Database(location);
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM entries').get();
  db.pragma('query_only = ON');
  await expect(store.put(0, 'k', VALUE)).rejects.toMatchObject({ code: 'DKV_WRITE_UNCERTAIN' });
  const refused = await store.ping().catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
  expect(refused).toHaveProperty('cause.code', 'DKV_STORE_CHECKPOINT_FAILED');
  reader.close();
  await store.ping();
  await store.close();
});

test('a stranger who holds the database makes a write 503, and nothing was written', async () => {
  const { store, location, reconnects } = await openWithConnection();
  await store.put(0, 'k', VALUE);
  const stranger = new Database(location);
  stranger.exec('BEGIN IMMEDIATE');
  const refused = store.put(0, 'k', Buffer.from('other'));
  await expect(refused).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE', status: 503 });
  expect(await store.get(0, 'k')).toEqual(VALUE);
  stranger.exec('ROLLBACK');
  stranger.close();
  expect(await store.put(0, 'k', Buffer.from('other'))).toMatchObject({ stored: true });
  expect(reconnects()).toBe(0);
  await store.close();
});

test('a read that the database refuses is 503', async () => {
  const { store, db } = await openWithConnection();
  db.close();
  await expect(store.get(0, 'k')).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
});

test('a store in memory does not heal into an empty one', async () => {
  const store = await openStore({ location: ':memory:' }, silentLog, new AbortController().signal);
  await store.put(0, 'k', VALUE);
  await store.close();
  await expect(store.put(0, 'k', VALUE)).rejects.toThrow();
});
