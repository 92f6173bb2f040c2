// The sealed name of an entry stands while nothing changes that it is bound to, and is sealed anew
// with everything that does: whatever was written, every name and value opens.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { silentLog } from './support/captured-log.ts';
import { put, remove } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';

const DAY_MS = 86_400_000;

const open = (location: string): Promise<Store> =>
  openStore({ location }, silentLog, new AbortController().signal);

/** The one sealed name in the file, and the value beside it. */
function sealedIn(location: string): { name: string; value: string } {
  const db = new Database(location, { readonly: true });
  const row = db.prepare('SELECT hex(name) AS name, hex(value) AS value FROM entries').get();
  db.close();
  return row as { name: string; value: string };
}

const put1 = (store: Store, value: string, ttlMs?: number) =>
  put(store, 0, 'k', Buffer.from(value), { ttlMs });

/** What a list, a feed and a read by name say. */
async function seenIn(store: Store) {
  const { entries } = await store.scan({ database: 0, limit: 10, withValues: true });
  const feed = { database: 0, afterRevision: 0, limit: 10, withValues: true };
  const { events } = await store.changes(feed);
  const [listed, told] = [entries.map(({ key }) => key), events.map(({ key }) => key)];
  return { listed, told, value: String((await store.get(0, 'k'))?.value) };
}

test('another value leaves the name, and is sealed by itself', async () => {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await open(location);
  await put1(store, 'one');
  const first = sealedIn(location);
  await put1(store, 'two');
  const second = sealedIn(location);
  expect(second.name).toBe(first.name);
  expect(second.value).not.toBe(first.value);
  expect(await seenIn(store)).toEqual({ listed: ['k'], told: ['k'], value: 'two' });
  await store.close();
});

test.each<[string, (store: Store, location: string) => Promise<Store>]>([
  [
    'an end',
    async (store) => {
      await put1(store, 'ends', DAY_MS);
      return store;
    },
  ],
  [
    'a removal before it',
    async (store) => {
      await remove(store, 0, 'k');
      return store;
    },
  ],
  [
    'another data key, as each start makes one',
    async (store, location) => {
      await store.close();
      return open(location);
    },
  ],
])('with %s the name is sealed anew', async (_, change) => {
  const location = join(tempFolder(), 'dumbkv.db');
  const opened = await open(location);
  await put1(opened, 'one');
  const { name } = sealedIn(location);
  const store = await change(opened, location);
  await put1(store, 'two');
  expect(sealedIn(location).name).not.toBe(name);
  expect(await seenIn(store)).toEqual({ listed: ['k'], told: ['k'], value: 'two' });
  await store.close();
});
