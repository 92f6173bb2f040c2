// A change of bytes stays within what was asked for, and always is one; and what a store comes to
// is told from a wrong value.
import { expect, test } from 'vitest';
import { Chance } from './chance.ts';
import { flipped, outcomesIn } from './flipped-bytes.ts';
import type { Reply } from './store-reader.ts';

const PAGE_BYTES = 4_096;
const bytes = Buffer.alloc(2 * PAGE_BYTES + 10, 7);

/** Where a file was changed. */
function placesOf(page: number, seed: number): number[] {
  const changed = flipped(bytes, page, new Chance(seed));
  expect(changed).toHaveLength(bytes.length);
  return [...changed.keys()].filter((at) => changed[at] !== bytes[at]);
}

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

test('the change begins in the page that was asked for, the last one too', () => {
  for (const seed of seeds) {
    for (const page of [0, 1, 2]) {
      const [first = -1] = placesOf(page, seed);
      expect(Math.floor(first / PAGE_BYTES)).toBe(page);
    }
  }
});

test('one bit, one byte or several bytes in a row are changed', () => {
  const lengths = seeds.map((seed) => placesOf(1, seed).length);
  expect(Math.min(...lengths)).toBe(1);
  expect(Math.max(...lengths)).toBeGreaterThan(2);
  expect(Math.max(...lengths)).toBeLessThan(70);
  for (const seed of seeds) {
    const places = placesOf(0, seed);
    expect(places.at(-1)).toBe((places[0] ?? 0) + places.length - 1);
  }
});

test('the file that was given stays as it is', () => {
  placesOf(0, 1);
  expect(bytes.every((byte) => byte === 7)).toBe(true);
});

const [all, before] = [
  { a: '2', b: '2', gone: undefined },
  { a: '1', b: '1', gone: '1' },
].map((states) => new Map(Object.entries(states)));
const ofDatabase = [all ?? new Map()];
const ofLog = [...ofDatabase, before ?? new Map()];

const reply = (found: Record<string, string | undefined>): Reply => ({
  found: Object.fromEntries(
    Object.entries(found).map(([key, value]) => [key, value === undefined ? {} : { value }]),
  ),
  write: 'stored',
  integrity: 'ok',
});
const outcomes = (...asked: Parameters<typeof outcomesIn>) => [...outcomesIn(...asked)];

test('what is as it must be is no harm, also where it cannot be read', () => {
  for (const mayBe of [ofDatabase, ofLog]) {
    expect(outcomes(reply({ a: '2', b: '2' }), mayBe)).toEqual(['no harm']);
    const coded = { ...reply({ b: '2' }).found, a: { code: 'DKV_ENTRY_UNREADABLE' } };
    const told = ['some entries DKV_ENTRY_UNREADABLE'];
    expect(outcomes({ ...reply({}), found: coded }, mayBe)).toEqual(told);
  }
});

test('a log may lose its last commit as a whole, and no part of it', () => {
  expect(outcomes(reply({ a: '1', b: '1', gone: '1' }), ofLog)).toEqual(['the last commit lost']);
  for (const part of [{ a: '2', b: '1' }, { a: '1', b: '1' }, { a: '2', b: '2', gone: '1' }, {}]) {
    expect(() => outcomes(reply(part), ofLog)).toThrow('as after no commit');
  }
});

test('in a database an entry may be missing, and none may be another one', () => {
  expect(outcomes(reply({ a: '2' }), ofDatabase)).toEqual(['some entries not found']);
  for (const wrong of [
    { a: '1', b: '2' },
    { a: '2', b: '2', gone: '1' },
  ]) {
    expect(() => outcomes(reply(wrong), ofDatabase)).toThrow('a wrong value');
  }
});

test('a start that is refused, a write that fails and damage that SQLite sees are told', () => {
  const refused = { refusal: 'DKV_STORE_CORRUPT', found: {} };
  expect(outcomes(refused, ofLog)).toEqual(['start refused (DKV_STORE_CORRUPT)']);
  const whole = reply({ a: '2', b: '2' });
  expect(outcomes({ ...whole, write: 'SQLITE_CORRUPT' }, ofLog)).toEqual([
    'a write SQLITE_CORRUPT',
  ]);
  const seen = ['no harm, seen by integrity_check'];
  expect(outcomes({ ...whole, integrity: 'damaged' }, ofLog)).toEqual(seen);
});
