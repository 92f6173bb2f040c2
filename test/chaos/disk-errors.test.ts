// The table of a run with failing calls names each of its numbers once.
import { expect, test } from 'vitest';
import { rangesOf } from './disk-errors.ts';

test.each([
  [[], ''],
  [[4], '4'],
  [[1, 2, 3], '1-3'],
  [[1, 2, 4, 7, 8], '1-2, 4, 7-8'],
])('the numbers %j are told as "%s"', (numbers, told) => {
  expect(rangesOf(numbers)).toBe(told);
});
