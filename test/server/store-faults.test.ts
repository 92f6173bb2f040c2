// When the disk does not bear a write: what is answered, and that reads go on. How the store comes
// back is in `store-healing.test.ts`, faults injected into system calls are in `synced.test.ts`.
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { textType } from '../../server/sealing/content.ts';
import type { Batch } from '../../server/store/change.ts';
import { openStore } from '../../server/store/open.ts';
import { Reserve } from '../../server/store/reserve.ts';
import { Writer } from '../../server/store/writer.ts';
import { silentLog } from './support/captured-log.ts';
import { openApp } from './support/open-app.ts';
import { breakWrites, type Opened, openWithConnection } from './support/open-with-connection.ts';
import { put, remove, valueAt } from './support/store-calls.ts';

const VALUE = Buffer.from('v');

/** Fills the store up to a bound that SQLite keeps like the end of a disk. */
async function fillDisk({ store, db }: Opened): Promise<unknown> {
  const pages = Number(db.pragma('page_count', { simple: true }));
  db.pragma(`max_page_count = ${pages + 20}`);
  for (let i = 0; i < 100; i += 1) {
    try {
      await put(store, 0, `filler ${i}`, Buffer.alloc(4_000));
    } catch (error) {
      return error;
    }
  }
  throw new Error('the disk did not become full');
}

test('on a full disk writes are refused, and nothing of them is written', async () => {
  const opened = await openWithConnection();
  await put(opened.store, 0, 'k', VALUE);
  expect(await fillDisk(opened)).toMatchObject({ code: 'DKV_STORE_FULL', status: 507 });
  const big = put(opened.store, 0, 'new', Buffer.alloc(100_000));
  await expect(big).rejects.toMatchObject({ code: 'DKV_STORE_FULL' });
  expect(await valueAt(opened.store, 0, 'new')).toBeUndefined();
  await opened.store.close();
});

test('on a full disk reads go on, health is good, and removing makes room', async () => {
  const opened = await openWithConnection();
  await put(opened.store, 0, 'k', VALUE);
  await fillDisk(opened);
  expect(await valueAt(opened.store, 0, 'k')).toEqual(VALUE);
  await expect(opened.store.ping()).resolves.toBeUndefined();
  for (let i = 0; i < 5; i += 1) await remove(opened.store, 0, `filler ${i}`);
  expect(await put(opened.store, 0, 'again', VALUE)).toMatchObject({ stored: true });
  expect(opened.reconnects()).toBe(0);
  await opened.store.close();
});

test('of writes that come together on a full disk, those that fit are kept', async () => {
  const opened = await openWithConnection();
  await fillDisk(opened);
  for (let i = 0; i < 3; i += 1) await remove(opened.store, 0, `filler ${i}`);
  const sizes = [100, 100_000, 100];
  const outcomes = await Promise.allSettled(
    sizes.map((size, i) => put(opened.store, 0, `k${i}`, Buffer.alloc(size))),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { code: 'DKV_STORE_FULL' } });
  const kept = await Promise.all(sizes.map((_, i) => valueAt(opened.store, 0, `k${i}`)));
  expect(kept.map((value) => value?.length)).toEqual([100, undefined, 100]);
  expect(opened.reconnects()).toBe(0);
  await opened.store.close();
});

test('writes that fail together are all uncertain, and the store is healed once', async () => {
  const { store, db, reconnects } = await openWithConnection();
  await put(store, 0, 'before', VALUE);
  breakWrites(db);
  const failed = await Promise.allSettled(['a', 'b', 'c'].map((key) => put(store, 0, key, VALUE)));
  for (const outcome of failed) {
    expect(outcome).toMatchObject({ reason: { code: 'DKV_WRITE_UNCERTAIN' } });
  }
  await Promise.all(['a', 'b', 'c'].map((key) => put(store, 0, key, VALUE)));
  expect(reconnects()).toBe(1);
  await store.close();
});

test('after one of several fails by itself, the next ones heal the store first', async () => {
  const { db, parts } = await openWithConnection();
  let tries = 0;
  const reserve = Object.assign(new Reserve('/nowhere/dumbkv.db', silentLog), {
    restore: () => false,
  });
  const reconnect = () => {
    tries += 1;
    throw new Error('the disk is still broken');
  };
  const writer = new Writer({ ...parts, reserve, reconnect });
  const removal: Batch = [{ op: 'remove', database: 0, key: 'k' }];
  const write: Batch = [{ op: 'put', database: 0, key: 'k', value: VALUE, contentType: textType }];
  expect(writer.commit([write])).toMatchObject([{ results: [{ revision: 1 }] }]);
  breakWrites(db);
  expect(writer.commit([removal, removal, write])).toMatchObject([
    { code: 'DKV_WRITE_UNCERTAIN' },
    { code: 'DKV_STORE_UNAVAILABLE' },
    { code: 'DKV_STORE_UNAVAILABLE' },
  ]);
  expect(tries).toBe(1);
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

test('a stranger who holds the database makes a write 503, and nothing was written', async () => {
  const { store, location, reconnects } = await openWithConnection();
  await put(store, 0, 'k', VALUE);
  const stranger = new Database(location);
  stranger.exec('BEGIN IMMEDIATE');
  const refused = put(store, 0, 'k', Buffer.from('other'));
  await expect(refused).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE', status: 503 });
  expect(await valueAt(store, 0, 'k')).toEqual(VALUE);
  stranger.exec('ROLLBACK');
  stranger.close();
  expect(await put(store, 0, 'k', Buffer.from('other'))).toMatchObject({ stored: true });
  expect(reconnects()).toBe(0);
  await store.close();
});

test('a read that the database refuses is 503', async () => {
  const { store, reader } = await openWithConnection();
  reader.close();
  await expect(valueAt(store, 0, 'k')).rejects.toMatchObject({ code: 'DKV_STORE_UNAVAILABLE' });
});

test('a store in memory does not heal into an empty one', async () => {
  const store = await openStore({ location: ':memory:' }, silentLog, new AbortController().signal);
  await put(store, 0, 'k', VALUE);
  await store.close();
  await expect(put(store, 0, 'k', VALUE)).rejects.toThrow();
});
