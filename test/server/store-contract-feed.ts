// Going through a store, and following its changes: a part of the contract that every engine keeps.
// Used by `store-contract.ts`.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import type { FeedEvent, NamedEntry, Store } from '../../server/store/store.ts';
import { put, remove } from './support/store-calls.ts';
import type { OpenForTest } from './support/store-under-test.ts';
import { waitFor } from './support/wait-for.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

/** All pages of a scan, one after the other. */
async function scanAll(store: Store, prefix = '', limit = 7): Promise<NamedEntry[]> {
  const found: NamedEntry[] = [];
  let after: Buffer | undefined;
  do {
    const page = await store.scan({ database: 0, after, prefix, limit, withValues: true });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    expect(page.unreadable).toBe(0);
    found.push(...page.entries);
    after = page.next;
  } while (after !== undefined);
  return found;
}

/** All that a feed tells from a revision on. */
async function followAll(store: Store, afterRevision: number, limit = 7): Promise<FeedEvent[]> {
  const told: FeedEvent[] = [];
  let from = afterRevision;
  for (let hasMore = true; hasMore; ) {
    const request = { database: 0, afterRevision: from, limit, withValues: true };
    const page = await store.changes(request);
    expect(page.revision).toBeGreaterThanOrEqual(from);
    told.push(...page.events);
    from = page.revision;
    hasMore = page.hasMore;
  }
  return told;
}

const kinds = (events: readonly FeedEvent[]) => events.map(({ kind, key }) => `${kind} ${key}`);

/** Declares the tests of scans. */
export function scans(open: OpenForTest): void {
  test('a scan gives every entry once, with what it holds', async () => {
    const { store } = await open();
    const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`);
    await Promise.all(keys.map((key) => put(store, 0, key, bytes(`value of ${key}`))));
    await put(store, 1, 'elsewhere', bytes('v'));
    await remove(store, 0, 'key-7');
    const found = await scanAll(store);
    const expected = keys.filter((key) => key !== 'key-7');
    expect(found.map(({ key }) => key).sort()).toEqual(expected.sort());
    for (const { key, value } of found) expect(String(value)).toBe(`value of ${key}`);
  });

  test('its order is stable, and changes in between neither hide nor repeat others', async () => {
    const { store } = await open();
    for (let i = 0; i < 20; i += 1) await put(store, 0, `key-${i}`, bytes('v'));
    const before = (await scanAll(store)).map(({ key }) => key);
    const first = await store.scan({ database: 0, limit: 5, withValues: false });
    for (const { key } of first.entries) await put(store, 0, key, bytes('changed'));
    const rest = await store.scan({ database: 0, after: first.next, limit: 99, withValues: false });
    expect([...first.entries, ...rest.entries].map(({ key }) => key)).toEqual(before);
  });

  test('it is limited to keys that begin alike, character by character', async () => {
    const { store } = await open();
    const keys = ['user/1', 'user/2', 'user', 'User/3', 'é', 'e\u0301', '\u{1f600}a', '\u{1f600}'];
    for (const key of keys) await put(store, 0, key, bytes('v'));
    const startingWith = async (prefix: string) =>
      (await scanAll(store, prefix)).map(({ key }) => key).sort();
    expect(await startingWith('user/')).toEqual(['user/1', 'user/2']);
    expect(await startingWith('é')).toEqual(['é']);
    expect(await startingWith('\u{1f600}')).toEqual(['\u{1f600}', '\u{1f600}a']);
    expect(await startingWith('nothing')).toEqual([]);
  });

  test('pages of large values are short', async () => {
    const { store } = await open();
    const value = Buffer.alloc(1024 * 1024, 1);
    const count = (2 * limits.scanBytesMax) / value.length;
    for (let i = 0; i < count; i += 1) await put(store, 0, `k${i}`, value);
    const page = await store.scan({ database: 0, limit: 100, withValues: true });
    expect(page.entries.length).toBeLessThan(count);
    expect(page.next).toBeDefined();
    expect(await scanAll(store, '', 100)).toHaveLength(count);
  });
}

/** Declares the tests of feeds. */
export function feeds(open: OpenForTest): void {
  test('a feed from the beginning tells what is there and what was removed', async () => {
    const { store } = await open();
    for (const key of ['a', 'b', 'c']) await put(store, 0, key, bytes(key));
    await put(store, 1, 'elsewhere', bytes('v'));
    await remove(store, 0, 'b');
    await put(store, 0, 'a', bytes('again'));
    const events = await followAll(store, 0);
    expect(kinds(events)).toEqual(['put c', 'remove b', 'put a']);
    expect(events.map(({ revision }) => revision)).toEqual([3, 5, 6]);
    expect(events[2]).toMatchObject({ entry: { value: bytes('again'), revision: 6 } });
  });

  test('it goes on from where it was, with the last event of each key', async () => {
    const { store } = await open();
    await put(store, 0, 'a', bytes('1'));
    await put(store, 0, 'b', bytes('1'));
    const { revision } = await store.state();
    expect(await followAll(store, revision)).toEqual([]);
    for (let i = 2; i < 5; i += 1) await put(store, 0, 'a', bytes(`${i}`));
    await remove(store, 0, 'b');
    await put(store, 0, 'b', bytes('back'));
    const events = await followAll(store, revision);
    expect(kinds(events)).toEqual(['put a', 'put b']);
    expect(await followAll(store, events[0]?.revision ?? 0)).toMatchObject([{ key: 'b' }]);
  });

  test('it tells the end of an entry as such, and the watchers that it is there', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('v'), { ttlMs: 20 });
    const { revision } = await store.state();
    let told = 0;
    const end = store.watch(() => {
      told += 1;
    });
    await waitFor('the end', async () => (await store.state()).keys === 0);
    expect(kinds(await followAll(store, revision))).toEqual(['expire k']);
    await waitFor('the watcher', async () => told > 0);
    end();
  });

  test('watchers are told of changes until they end it, and not of refusals', async () => {
    const { store } = await open();
    let told = 0;
    const count = () => {
      told += 1;
    };
    const ends = [store.watch(count), store.watch(count)];
    await put(store, 0, 'k', bytes('v'));
    await waitFor('both', async () => told >= 2);
    const before = told;
    await put(store, 0, 'k', bytes('v'), { ifAbsent: true });
    expect(told).toBe(before);
    for (const end of ends) end();
    await put(store, 0, 'k', bytes('v'));
    expect(told).toBe(before);
  });

  test('it follows any page size, and misses nothing while others write', async () => {
    const { store } = await open();
    const writing = Promise.all(
      Array.from({ length: 60 }, (_, i) => put(store, 0, `k${i % 20}`, bytes(`${i}`))),
    );
    const seen = new Map<string, string>();
    let from = 0;
    const follow = async () => {
      const page = await store.changes({
        ...{ database: 0, afterRevision: from, limit: 3, withValues: true },
      });
      for (const event of page.events) {
        if (event.kind === 'put') seen.set(event.key, String(event.entry.value));
      }
      from = page.revision;
    };
    await waitFor('all to be told', async () => {
      await follow();
      return from === 60;
    });
    await writing;
    const there = (await scanAll(store)).map(({ key, value }) => [key, String(value)] as const);
    expect(seen).toEqual(new Map(there));
  });

  test('a revision that never was has no feed', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('v'));
    const request = { database: 0, afterRevision: 99, limit: 1, withValues: false };
    await expect(store.changes(request)).rejects.toMatchObject({ code: 'DKV_REVISION_GONE' });
  });
}
