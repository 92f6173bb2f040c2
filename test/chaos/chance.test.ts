// The same seed gives the same numbers, and the numbers spread.
import { expect, test } from 'vitest';
import { Chance } from './chance.ts';

const numbersOf = (seed: number): number[] => {
  const chance = new Chance(seed);
  return Array.from({ length: 1_000 }, () => chance.below(10));
};

test('a seed gives its numbers again, another one others', () => {
  expect(numbersOf(7)).toEqual(numbersOf(7));
  expect(numbersOf(7)).not.toEqual(numbersOf(8));
});

test('every number within the bound comes, and no other', () => {
  expect([...new Set(numbersOf(1))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('one of some is picked, each at some time; of none, none can be', () => {
  const chance = new Chance(3);
  const picked = Array.from({ length: 100 }, () => chance.pick(['a', 'b', 'c']));
  expect(new Set(picked)).toEqual(new Set(['a', 'b', 'c']));
  expect(() => chance.pick([])).toThrow('nothing to pick from');
});

test('what happens never and always does so', () => {
  const chance = new Chance(5);
  expect(Array.from({ length: 50 }, () => chance.happens(0))).not.toContain(true);
  expect(Array.from({ length: 50 }, () => chance.happens(1))).not.toContain(false);
});
