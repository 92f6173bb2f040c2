// What every engine must do, as tests: each engine calls this with a way to open itself.
// Used by `store-sqlite.test.ts` and `store-postgres.test.ts`.
import { describe, expect, onTestFinished, test } from 'vitest';
import { batches, ends, entries, readings } from './store-contract-entries.ts';
import { feeds, scans } from './store-contract-feed.ts';
import { properties } from './store-contract-model.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import type { OpenForTest, StoreUnderTest } from './support/store-under-test.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

/** Declares the contract's tests for one engine. */
export function storeContract(name: string, open: OpenForTest): void {
  const opened = async (): Promise<StoreUnderTest> => {
    const subject = await open();
    onTestFinished(() => subject.checkAndClose());
    return subject;
  };
  describe(`${name} keeps the store contract:`, () => {
    reads(opened);
    writes(opened);
    conditions(opened);
    removals(opened);
    revisions(opened);
    survives(opened);
    entries(opened);
    ends(opened);
    batches(opened);
    readings(opened);
    scans(opened);
    feeds(opened);
    properties(opened);
  });
}

function reads(open: OpenForTest): void {
  test('a key that was never put has no value', async () => {
    const { store } = await open();
    expect(await valueAt(store, 0, 'missing')).toBeUndefined();
  });

  test('info names the engine, the store and how it writes', async () => {
    const { store } = await open();
    const info = store.info();
    expect(info.engine).toMatch(/^(sqlite|postgres)$/);
    expect(info.storeId).toMatch(/^[0-9a-f-]{36}$/);
    expect(info.incarnation).toMatch(/^[0-9a-f-]{36}$/);
    expect(info.incarnation).not.toBe(info.storeId);
    expect(info.schemaVersion).toBeGreaterThanOrEqual(1);
  });

  test('ping resolves on a store that works', async () => {
    await expect((await open()).store.ping()).resolves.toBeUndefined();
  });
}

function writes(open: OpenForTest): void {
  test('a value comes back byte by byte', async () => {
    const { store } = await open();
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await put(store, 0, 'bytes', all);
    expect(await valueAt(store, 0, 'bytes')).toEqual(all);
  });

  test('an empty value is a value', async () => {
    const { store } = await open();
    await put(store, 0, 'empty', bytes(''));
    expect(await valueAt(store, 0, 'empty')).toEqual(bytes(''));
  });

  test('a second put replaces the first, longer or shorter', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('a much longer first value'));
    await put(store, 0, 'k', bytes('short'));
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('short'));
    await put(store, 0, 'k', bytes('and long again, longer than ever before'));
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('and long again, longer than ever before'));
  });

  test('a value of one mebibyte and a key of one kibibyte are kept', async () => {
    const { store } = await open();
    const value = Buffer.alloc(1024 * 1024, 'x');
    const key = 'k'.repeat(1024);
    await put(store, 2 ** 31 - 1, key, value);
    expect(await valueAt(store, 2 ** 31 - 1, key)).toEqual(value);
  });

  test('databases do not see each other', async () => {
    const { store } = await open();
    await put(store, 1, 'k', bytes('one'));
    await put(store, 2, 'k', bytes('two'));
    expect(await valueAt(store, 1, 'k')).toEqual(bytes('one'));
    expect(await valueAt(store, 2, 'k')).toEqual(bytes('two'));
    expect(await valueAt(store, 0, 'k')).toBeUndefined();
  });

  test('keys that look alike are different keys', async () => {
    const { store } = await open();
    const alike = [
      'a',
      'A',
      'a ',
      ' a',
      'a\0',
      '\0',
      'é',
      'e\u0301',
      '1',
      '01',
      '__proto__',
      '%00',
    ];
    for (const key of alike) await put(store, 0, key, bytes(`value of ${key}`));
    for (const key of alike) expect(await valueAt(store, 0, key)).toEqual(bytes(`value of ${key}`));
  });
}

function conditions(open: OpenForTest): void {
  test('ifAbsent stores a new key', async () => {
    const { store } = await open();
    const result = await put(store, 0, 'k', bytes('first'), { ifAbsent: true });
    expect(result.stored).toBe(true);
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('first'));
  });

  test('ifAbsent leaves an existing key alone and says so', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('first'));
    expect(await put(store, 0, 'k', bytes('second'), { ifAbsent: true })).toEqual({
      stored: false,
    });
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('first'));
  });

  test('ifAbsent stores a key again once it was removed', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('first'));
    await remove(store, 0, 'k');
    expect((await put(store, 0, 'k', bytes('second'), { ifAbsent: true })).stored).toBe(true);
  });

  test('of many writers at once with ifAbsent exactly one wins', async () => {
    const { store } = await open();
    const tries = Array.from({ length: 20 }, (_, i) =>
      put(store, 0, 'k', bytes(`writer ${i}`), { ifAbsent: true }),
    );
    const results = await Promise.all(tries);
    const winner = results.findIndex(({ stored }) => stored);
    expect(results.filter(({ stored }) => stored)).toHaveLength(1);
    expect(await valueAt(store, 0, 'k')).toEqual(bytes(`writer ${winner}`));
  });
}

function removals(open: OpenForTest): void {
  test('a removed key has no value', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('v'));
    expect((await remove(store, 0, 'k')).removed).toBe(true);
    expect(await valueAt(store, 0, 'k')).toBeUndefined();
  });

  test('removing what is not there changes nothing and says so', async () => {
    const { store } = await open();
    await put(store, 1, 'k', bytes('v'));
    expect(await remove(store, 0, 'k')).toEqual({ removed: false });
    expect(await valueAt(store, 1, 'k')).toEqual(bytes('v'));
  });
}

function revisions(open: OpenForTest): void {
  test('every change raises the revision by one, and nothing else does', async () => {
    const { store } = await open();
    const seen = [
      await put(store, 0, 'a', bytes('1')),
      await put(store, 0, 'a', bytes('1')),
      await put(store, 5, 'b', bytes('2'), { ifAbsent: true }),
      await put(store, 5, 'b', bytes('3'), { ifAbsent: true }),
      await remove(store, 0, 'nothing'),
      await remove(store, 0, 'a'),
    ].flatMap((result) => ('revision' in result ? [result.revision] : []));
    expect(seen).toEqual([1, 2, 3, 4]);
  });
}

function survives(open: OpenForTest): void {
  test('what was written, and who the store is, outlives closing and opening', async () => {
    const { store, reopen } = await open();
    await put(store, 0, 'kept', bytes('value'));
    await put(store, 0, 'removed', bytes('value'));
    await remove(store, 0, 'removed');
    if (reopen === undefined) return;
    const again = await reopen();
    expect(await valueAt(again, 0, 'kept')).toEqual(bytes('value'));
    expect(await valueAt(again, 0, 'removed')).toBeUndefined();
    expect(again.info()).toEqual(store.info());
    expect(await put(again, 0, 'next', bytes('v'))).toEqual({ stored: true, revision: 4 });
  });
}
