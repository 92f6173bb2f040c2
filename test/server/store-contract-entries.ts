// The contract beyond values: media types, revisions, conditions, ends, counters, batches. A part
// of the contract that every engine keeps.
// Used by `store-contract.ts`.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { textType } from '../../server/sealing/content.ts';
import type { Add, Batch, Change, WriteResult } from '../../server/store/change.ts';
import type { Store } from '../../server/store/store.ts';
import { put, remove, valueAt } from './support/store-calls.ts';
import type { OpenForTest } from './support/store-under-test.ts';
import { waitFor } from './support/wait-for.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

const putOf = (key: string, text: string): Change => ({
  ...{ op: 'put', database: 0, key, contentType: textType },
  value: bytes(text),
});

const addOf = (key: string, delta: bigint, more: Partial<Add> = {}): Change => ({
  ...{ op: 'add', database: 0, key, delta },
  ...more,
});

const refused = (at: number, reason: string) => ({ refusal: { at, reason } });

const revisionsOf = ({ results }: WriteResult) => results?.map(({ revision }) => revision);

/** Declares the tests of single entries. */
export function entries(open: OpenForTest): void {
  test('an entry tells its media type, its revision and its end', async () => {
    const { store } = await open();
    await put(store, 0, 'before', bytes('v'));
    await put(store, 0, 'k', bytes('{}'), { contentType: 'application/json', ttlMs: 60_000 });
    const entry = await store.get(0, 'k');
    expect(entry).toMatchObject({ contentType: 'application/json', revision: 2 });
    expect(entry?.expiresAtMs).toBeGreaterThan(Date.now());
    expect(entry?.expiresAtMs).toBeLessThanOrEqual(Date.now() + 61_000);
    expect(await store.get(0, 'before')).toMatchObject({
      ...{ contentType: textType, revision: 1, expiresAtMs: null },
    });
  });

  test('a put without a time to live takes the end away', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('v'), { ttlMs: 60_000 });
    await put(store, 0, 'k', bytes('v'));
    expect((await store.get(0, 'k'))?.expiresAtMs).toBeNull();
  });

  test('a change is made if its condition holds, and only then', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('one'));
    const stale = { match: [0, 99] };
    expect((await put(store, 0, 'k', bytes('x'), { condition: stale })).stored).toBe(false);
    expect((await remove(store, 0, 'k', stale)).removed).toBe(false);
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('one'));
    const fresh = { match: [1] };
    expect((await put(store, 0, 'k', bytes('two'), { condition: fresh })).stored).toBe(true);
    expect((await remove(store, 0, 'k', { noneMatch: [1] })).removed).toBe(true);
    const missing = { match: 'any' as const };
    expect((await put(store, 0, 'k', bytes('x'), { condition: missing })).stored).toBe(false);
  });

  test('of many who compare and set at once exactly one wins each round', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('start'));
    for (let round = 0; round < 5; round += 1) {
      const revision = (await store.get(0, 'k'))?.revision ?? 0;
      const tries = Array.from({ length: 8 }, (_, i) =>
        put(store, 0, 'k', bytes(`${round}-${i}`), { condition: { match: [revision] } }),
      );
      const won = (await Promise.all(tries)).filter(({ stored }) => stored);
      expect(won).toHaveLength(1);
    }
  });
}

/** Declares the tests of entries that end. */
export function ends(open: OpenForTest): void {
  const gone = (store: Store, key: string) =>
    waitFor('the entry to end', async () => (await store.get(0, key)) === undefined);

  test('an entry whose time is over is not there, for nobody', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('v'), { ttlMs: 30 });
    await delay(35);
    expect(await store.get(0, 'k')).toBeUndefined();
    const { entries: listed } = await store.scan({ database: 0, limit: 10, withValues: true });
    expect(listed).toEqual([]);
    expect((await remove(store, 0, 'k')).removed).toBe(false);
    expect((await put(store, 0, 'k', bytes('new'), { ifAbsent: true })).stored).toBe(true);
    expect((await store.get(0, 'k'))?.expiresAtMs).toBeNull();
  });

  test('an entry may be given its end, which is kept to the millisecond and swept', async () => {
    const { store } = await open();
    const [lateMs, soonMs] = [Date.now() + 60_000, Date.now() + 1_000];
    await put(store, 0, 'late', bytes('v'), { expiresAtMs: lateMs });
    await put(store, 0, 'soon', bytes('v'), { expiresAtMs: soonMs });
    expect(await store.get(0, 'late')).toMatchObject({ expiresAtMs: lateMs });
    await gone(store, 'soon');
    await waitFor('the sweep', async () => (await store.state()).keys === 1);
  });

  test('what has ended already is refused, and what is there stays', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('there'));
    const before = await store.state();
    const ended = { ...putOf('k', 'new'), expiresAtMs: 1 } as Change;
    const writes = [[ended], [putOf('k', 'v'), ended], [ended]].map((one) => store.write(one));
    expect(await Promise.all(writes)).toEqual([0, 1, 0].map((at) => refused(at, 'ended')));
    expect(await store.state()).toEqual(before);
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('there'));
  });

  test('a counter that has ended begins anew', async () => {
    const { store } = await open();
    await store.write([addOf('n', 5n, { ttlMs: 30 })]);
    await gone(store, 'n');
    const { results } = await store.write([addOf('n', 1n)]);
    expect(results).toMatchObject([{ counter: 1n, created: true, expiresAtMs: null }]);
  });

  test('what has ended is removed without being asked for, and no longer counted', async () => {
    const { store } = await open();
    await put(store, 0, 'stays', bytes('v'));
    const before = await store.state();
    const writes = Array.from({ length: 300 }, (_, at) =>
      put(store, 0, `k${at}`, bytes('v'), { ttlMs: 50 }),
    );
    await Promise.all(writes);
    await waitFor('all to be swept', async () => (await store.state()).keys === 1);
    const { keys, storedBytes, removals, revision } = await store.state();
    expect({ keys, storedBytes }).toEqual({ keys: 1, storedBytes: before.storedBytes });
    expect(removals).toBe(300);
    expect(revision).toBe(601);
  });

  test('ends outlive closing and opening', async () => {
    const { store, reopen } = await open();
    await put(store, 0, 'short', bytes('v'), { ttlMs: 200 });
    await put(store, 0, 'long', bytes('v'), { ttlMs: 60_000 });
    if (reopen === undefined) return;
    const again = await reopen();
    await gone(again, 'short');
    await waitFor('the sweep', async () => (await again.state()).keys === 1);
    expect(await valueAt(again, 0, 'long')).toEqual(bytes('v'));
  });
}

/** Declares the tests of counters and of batches. */
export function batches(open: OpenForTest): void {
  test('counters add up, however many add at once', async () => {
    const { store } = await open();
    const deltas = Array.from({ length: 100 }, (_, i) => BigInt(i - 30));
    const sums = await Promise.all(deltas.map((delta) => store.write([addOf('n', delta)])));
    const total = deltas.reduce((sum, delta) => sum + delta, 0n);
    expect(String(await valueAt(store, 0, 'n'))).toBe(String(total));
    expect(sums.at(-1)?.results?.[0]?.counter).toBe(total);
  });

  test('counters keep 64 bits', async () => {
    const { store } = await open();
    const max = 2n ** 63n - 1n;
    await store.write([addOf('n', max)]);
    expect(await store.write([addOf('n', 1n)])).toEqual(refused(0, 'counter-overflow'));
    expect(String(await valueAt(store, 0, 'n'))).toBe(String(max));
    await put(store, 0, 'text', bytes('no number'));
    expect(await store.write([addOf('text', 1n)])).toEqual(refused(0, 'no-counter'));
  });

  test('a batch is made as a whole, in its order', async () => {
    const { store } = await open();
    await put(store, 0, 'gone', bytes('v'));
    const batch: Batch = [
      putOf('a', '1'),
      addOf('n', 4n),
      addOf('n', 5n),
      { op: 'remove', database: 0, key: 'gone' },
      { op: 'remove', database: 0, key: 'never' },
      { op: 'check', database: 0, key: 'a', condition: { match: [2] } },
      putOf('a', '2'),
    ];
    expect(revisionsOf(await store.write(batch))).toEqual([2, 3, 4, 5, 0, 2, 6]);
    expect(String(await valueAt(store, 0, 'a'))).toBe('2');
    expect(String(await valueAt(store, 0, 'n'))).toBe('9');
    expect(await valueAt(store, 0, 'gone')).toBeUndefined();
    expect(await store.state()).toMatchObject({ revision: 6, keys: 2, removals: 1 });
  });

  test('a batch that cannot be made in one part is not made at all', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('v'));
    const before = await store.state();
    const batch: Batch = [
      putOf('a', '1'),
      { op: 'remove', database: 0, key: 'k' },
      { ...putOf('b', '1'), condition: { match: 'any' } } as Change,
    ];
    expect(await store.write(batch)).toEqual(refused(2, 'condition'));
    expect(await store.state()).toEqual(before);
    expect(await valueAt(store, 0, 'a')).toBeUndefined();
    expect(await valueAt(store, 0, 'k')).toEqual(bytes('v'));
  });

  test('batches at once do not mix, and one that is refused does not harm the others', async () => {
    const { store } = await open();
    const pair = (text: string): Batch => [putOf('left', text), putOf('right', text)];
    const writes = Array.from({ length: 20 }, (_, i) => {
      const mayNot = { ...putOf('no', 'x'), condition: { match: 'any' } } as Change;
      return store.write(i % 3 === 0 ? [...pair('refused'), mayNot] : pair(`${i}`));
    });
    const results = await Promise.all(writes);
    expect(results.map(({ refusal }) => refusal !== undefined)).toEqual(
      Array.from({ length: 20 }, (_, i) => i % 3 === 0),
    );
    expect(String(await valueAt(store, 0, 'left'))).toBe('19');
    expect(String(await valueAt(store, 0, 'right'))).toBe('19');
    const revisions = results.flatMap((result) => revisionsOf(result) ?? []);
    expect(revisions).toEqual(revisions.map((_, i) => i + 1));
  });
}

/** Declares the tests of reading while others write. */
export function readings(open: OpenForTest): void {
  test('a read sees what was acknowledged before, and never an older value again', async () => {
    const { store } = await open();
    await put(store, 0, 'k', bytes('0'));
    let acknowledged = 0;
    let isOver = false;
    const read = async (): Promise<void> => {
      let newest = 0;
      while (!isOver) {
        const least = acknowledged;
        const seen = Number(await valueAt(store, 0, 'k'));
        expect(seen).toBeGreaterThanOrEqual(Math.max(least, newest));
        newest = seen;
        await new Promise(setImmediate);
      }
    };
    const readers = [read(), read(), read()];
    for (let i = 1; i <= 200; i += 1) {
      await put(store, 0, 'k', bytes(`${i}`));
      acknowledged = i;
    }
    isOver = true;
    await Promise.all(readers);
  });
}
