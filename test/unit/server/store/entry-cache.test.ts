// What is kept of what was read: never anything that a change may have made old, and never more
// than there is room for.
// That reads see every acknowledged write is in the store contract.
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import { textType } from '../../../../server/sealing/content.ts';
import type { Batch, Change } from '../../../../server/store/change.ts';
import { EntryCache } from '../../../../server/store/entry-cache.ts';
import type { Entry } from '../../../../server/store/store.ts';

const entryOf = (bytes = 1, expiresAtMs: number | null = null): Entry => ({
  ...{ value: Buffer.alloc(bytes), contentType: textType, revision: 1, expiresAtMs },
});
const at = (key: string, database = 0) => ({ database, key });
const removal = (key: string): Batch => [{ op: 'remove', ...at(key) }];

function keep(cache: EntryCache, key: string, entry = entryOf()): Entry {
  cache.keep(at(key), entry, cache.moment);
  return entry;
}

describe('an entry', () => {
  test('that was read is kept, under its database and key alone', () => {
    const cache = new EntryCache();
    const entry = keep(cache, '1/k');
    expect(cache.get(0, '1/k')).toBe(entry);
    expect(cache.get(1, '1/k')).toBeUndefined();
    expect(cache.get(0, 'k')).toBeUndefined();
  });

  test('goes when a change of it begins, and is not kept before that is over', () => {
    const cache = new EntryCache();
    keep(cache, 'k');
    keep(cache, 'other');
    cache.begin(removal('k'));
    expect(cache.get(0, 'k')).toBeUndefined();
    expect(cache.get(0, 'other')).toBeDefined();
    keep(cache, 'k');
    expect(cache.get(0, 'k')).toBeUndefined();
    cache.end(removal('k'));
    keep(cache, 'k');
    expect(cache.get(0, 'k')).toBeDefined();
  });

  test('is not kept before the last of several changes is over', () => {
    const cache = new EntryCache();
    for (let i = 0; i < 3; i += 1) cache.begin(removal('k'));
    for (let i = 0; i < 2; i += 1) cache.end(removal('k'));
    keep(cache, 'k');
    expect(cache.get(0, 'k')).toBeUndefined();
    cache.end(removal('k'));
    keep(cache, 'k');
    expect(cache.get(0, 'k')).toBeDefined();
  });

  test('that was read before a change came to its end is not kept', () => {
    const cache = new EntryCache();
    const { moment } = cache;
    cache.begin(removal('k'));
    cache.end(removal('k'));
    cache.keep(at('k'), entryOf(), moment);
    expect(cache.get(0, 'k')).toBeUndefined();
  });

  test('that is only checked stays', () => {
    const cache = new EntryCache();
    keep(cache, 'k');
    const check: Change = { op: 'check', ...at('k') };
    cache.begin([check]);
    expect(cache.get(0, 'k')).toBeDefined();
    cache.end([check]);
  });

  test('that ends by itself, or is large, is not kept', () => {
    const cache = new EntryCache();
    keep(cache, 'ends', entryOf(1, 5));
    keep(cache, 'large', entryOf(limits.cachedEntryBytesMax));
    expect(cache.get(0, 'ends')).toBeUndefined();
    expect(cache.get(0, 'large')).toBeUndefined();
  });
});

describe('where there is no room for all', () => {
  const room = (entries: number) => entries * (limits.cachedEntryOverheadBytes + 100 + 2 * 3);

  test('the oldest goes first', () => {
    const cache = new EntryCache(room(3));
    for (const key of ['a', 'b', 'c', 'd']) keep(cache, key, entryOf(100));
    const left = ['a', 'b', 'c', 'd'].filter((key) => cache.get(0, key) !== undefined);
    expect(left).toEqual(['b', 'c', 'd']);
  });

  test('what was used gets a second chance, once', () => {
    const cache = new EntryCache(room(3));
    for (const key of ['a', 'b', 'c']) keep(cache, key, entryOf(100));
    cache.get(0, 'a');
    keep(cache, 'd', entryOf(100));
    expect(cache.get(0, 'b')).toBeUndefined();
    for (const key of ['e', 'f', 'g', 'h']) keep(cache, key, entryOf(100));
    expect(cache.get(0, 'a')).toBeUndefined();
  });

  test('all that goes gives its room back', () => {
    const cache = new EntryCache(room(2));
    for (let i = 0; i < 100; i += 1) {
      keep(cache, 'k', entryOf(100));
      cache.begin(removal('k'));
      cache.end(removal('k'));
    }
    keep(cache, 'a', entryOf(100));
    keep(cache, 'b', entryOf(100));
    expect([cache.get(0, 'a'), cache.get(0, 'b')]).not.toContain(undefined);
  });
});

test('once all is forgotten nothing is there, nor kept that was read before', () => {
  const cache = new EntryCache(4 * limits.cachedEntryOverheadBytes);
  keep(cache, 'k');
  const { moment } = cache;
  cache.clear();
  expect(cache.get(0, 'k')).toBeUndefined();
  cache.keep(at('k'), entryOf(), moment);
  expect(cache.get(0, 'k')).toBeUndefined();
  // and its room is there again
  const kept = ['a', 'b'].map((name) => keep(cache, name));
  expect(['a', 'b'].map((name) => cache.get(0, name))).toEqual(kept);
});
