// A change of bytes stays within what was asked for, and always is one.
import { expect, test } from 'vitest';
import { Chance } from './chance.ts';
import { flipped } from './flipped-bytes.ts';

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
