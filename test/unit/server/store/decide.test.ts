// What batches come to: conditions as RFC 9110 has them, revisions, ends, counters, all or nothing.
// How engines write it is in the store contract.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textType } from '../../../../server/sealing/content.ts';
import type { Batch, Change, Condition } from '../../../../server/store/change.ts';
import { counterContent } from '../../../../server/store/counter.ts';
import { decide, holds, type LiveEntry } from '../../../../server/store/decide.ts';

const NOW_MS = 1_000_000;
const target = { database: 0, key: 'k' };
const content = { value: Buffer.from('v'), contentType: textType };
const put: Change = { op: 'put', ...target, ...content };
const removal: Change = { op: 'remove', ...target };

const entry = (revision: number, value = 'old', expiresAtMs: number | null = null): LiveEntry => ({
  revision,
  expiresAtMs,
  content: () => ({ value: Buffer.from(value), contentType: textType }),
});

/** Decides over what is there by key, at revision 10. */
const decided = (batch: Batch, there: Readonly<Record<string, LiveEntry>> = {}) =>
  decide(batch, {
    entryAt: (at) => there[batch[at]?.key ?? ''],
    revision: 10,
    nowMs: NOW_MS,
  });

describe('a condition', () => {
  const cases: [string, Condition | undefined, number | undefined, boolean][] = [
    ['none, of nothing', undefined, undefined, true],
    ['none, of an entry', undefined, 5, true],
    ['match any, of nothing', { match: 'any' }, undefined, false],
    ['match any, of an entry', { match: 'any' }, 5, true],
    ['match its revision', { match: [4, 5] }, 5, true],
    ['match others', { match: [4, 6] }, 5, false],
    ['match none at all', { match: [] }, 5, false],
    ['none-match any, of nothing', { noneMatch: 'any' }, undefined, true],
    ['none-match any, of an entry', { noneMatch: 'any' }, 5, false],
    ['none-match its revision', { noneMatch: [5] }, 5, false],
    ['none-match others', { noneMatch: [4] }, 5, true],
    ['none-match a revision, of nothing', { noneMatch: [5] }, undefined, true],
    ['both hold', { match: [5], noneMatch: [4] }, 5, true],
    ['one of both does not', { match: 'any', noneMatch: [5] }, 5, false],
  ];
  test.each(cases)('%s', (_, condition, revision, isMet) => {
    expect(holds(condition, revision === undefined ? undefined : { revision })).toBe(isMet);
  });

  test.each([put, removal, { op: 'add', ...target, delta: 1n }, { op: 'check', ...target }])(
    'that does not hold refuses $op, and nothing is written',
    (change) => {
      const batch = [{ ...change, condition: { match: [4] } } as Change];
      expect(decided(batch, { k: entry(5) })).toEqual({ refusal: { at: 0, reason: 'condition' } });
    },
  );
});

describe('a put', () => {
  test('of a new key creates it with the next revision', () => {
    expect(decided([put])).toEqual({
      results: [{ revision: 11, created: true, expiresAtMs: null }],
      writes: [{ at: 0, revision: 11, next: { ...content, expiresAtMs: null } }],
    });
  });

  test('over an entry replaces it, and its end with it', () => {
    const { results } = decided([put], { k: entry(5, 'old', NOW_MS + 5) });
    expect(results).toEqual([{ revision: 11, created: false, expiresAtMs: null }]);
  });

  test('with a time to live ends then', () => {
    const { results, writes } = decided([{ ...put, ttlMs: 500 }]);
    expect(results).toEqual([{ revision: 11, created: true, expiresAtMs: NOW_MS + 500 }]);
    expect(writes).toMatchObject([{ next: { expiresAtMs: NOW_MS + 500 } }]);
  });

  test('with an end ends then, however late it is made', () => {
    const { results, writes } = decided([{ ...put, expiresAtMs: NOW_MS + 1 }]);
    expect(results).toEqual([{ revision: 11, created: true, expiresAtMs: NOW_MS + 1 }]);
    expect(writes).toMatchObject([{ next: { expiresAtMs: NOW_MS + 1 } }]);
  });

  test.each([NOW_MS, NOW_MS - 1, 0])('with an end at %d is refused, all with it', (expiresAtMs) => {
    const ended: Change = { ...put, expiresAtMs };
    const refused = { refusal: { at: 1, reason: 'ended' } };
    expect(decided([removal, ended], { k: entry(5) })).toEqual(refused);
    // whatever is there
    expect(decided([removal, { ...ended, condition: { match: 'any' } }])).toEqual(refused);
  });
});

describe('a removal', () => {
  test('of an entry is a change', () => {
    expect(decided([removal], { k: entry(5) })).toEqual({
      results: [{ revision: 11, created: false, expiresAtMs: null }],
      writes: [{ at: 0, revision: 11, next: undefined }],
    });
  });

  test('of nothing changes nothing', () => {
    expect(decided([removal])).toEqual({
      results: [{ revision: 0, created: false, expiresAtMs: null }],
      writes: [],
    });
  });
});

describe('a check', () => {
  test('tells what is there, and changes nothing', () => {
    const check: Change = { op: 'check', ...target };
    expect(decided([check], { k: entry(5, 'v', 7) })).toEqual({
      results: [{ revision: 5, created: false, expiresAtMs: 7 }],
      writes: [],
    });
    expect(decided([check])).toMatchObject({ results: [{ revision: 0 }], writes: [] });
  });
});

describe('an addition', () => {
  const add = (delta: bigint, ttlMs?: number): Change => ({ op: 'add', ...target, delta, ttlMs });

  test('begins at nothing', () => {
    expect(decided([add(-3n)])).toMatchObject({
      results: [{ revision: 11, created: true, counter: -3n, expiresAtMs: null }],
      writes: [{ next: counterContent(-3n) }],
    });
  });

  test('keeps the end that the entry has, unless it brings one', () => {
    const there = { k: entry(5, '40', NOW_MS + 9) };
    expect(decided([add(2n)], there)).toMatchObject({
      results: [{ counter: 42n, created: false, expiresAtMs: NOW_MS + 9 }],
    });
    expect(decided([add(2n, 100)], there)).toMatchObject({
      results: [{ expiresAtMs: NOW_MS + 100 }],
    });
  });

  test.each(['', 'x', '1.5', '01', '-0', '+1', ' 1', '1\n', '9223372036854775808', '1'.repeat(21)])(
    'to %j is refused: it is no counter',
    (value) => {
      const refusal = { at: 0, reason: 'no-counter' };
      expect(decided([add(1n)], { k: entry(5, value) })).toEqual({ refusal });
    },
  );

  test('beyond 64 bits is refused, up to them it is not', () => {
    const [max, min] = [2n ** 63n - 1n, -(2n ** 63n)];
    const overflow = { refusal: { at: 0, reason: 'counter-overflow' } };
    expect(decided([add(1n)], { k: entry(5, String(max)) })).toEqual(overflow);
    expect(decided([add(-1n)], { k: entry(5, String(min)) })).toEqual(overflow);
    const up = decided([add(1n)], { k: entry(5, String(max - 1n)) });
    expect(up).toMatchObject({ results: [{ counter: max }] });
    const down = decided([add(-1n)], { k: entry(5, String(min + 1n)) });
    expect(down).toMatchObject({ results: [{ counter: min }] });
  });

  test('tells the sum of any two numbers that fit', () => {
    const int64 = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n - 1n });
    fc.assert(
      fc.property(int64, int64, (a, b) => {
        const made = decided([add(b)], { k: entry(5, String(a)) });
        expect(made).toMatchObject({ results: [{ counter: a + b }] });
      }),
    );
  });
});

describe('a batch', () => {
  const of = (key: string, change: Change): Change => ({ ...change, key }) as Change;

  test('gives each change that writes a revision of its own, in order', () => {
    const batch = [of('a', put), of('none', removal), of('b', put), of('k', removal)];
    const made = decided(batch, { k: entry(5) });
    expect(made.results?.map(({ revision }) => revision)).toEqual([11, 0, 12, 13]);
  });

  test('is refused as a whole, by its first change that cannot be made', () => {
    const batch = [
      of('a', put),
      { ...of('b', put), condition: { match: 'any' as const } },
      { ...of('c', put), condition: { match: 'any' as const } },
    ];
    expect(decided(batch)).toEqual({ refusal: { at: 1, reason: 'condition' } });
  });

  test('sees its own changes before', () => {
    const batch: Batch = [
      put,
      { ...removal, condition: { match: [11] } },
      { ...put, condition: { noneMatch: 'any' } },
      { ...put, key: 'n', value: Buffer.from('5') },
      { op: 'add', database: 0, key: 'n', delta: 2n },
      { op: 'add', database: 1, key: 'n', delta: 2n },
    ];
    const made = decided(batch);
    expect(made.results?.map(({ revision }) => revision)).toEqual([11, 12, 13, 14, 15, 16]);
    expect(made.results?.map(({ created }) => created)).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
    expect(made.results?.map(({ counter }) => counter)).toEqual([
      ...Array(4).fill(undefined),
      ...[7n, 2n],
    ]);
  });
});
