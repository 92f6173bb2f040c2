// The arithmetic of the benchmark, on figures whose answer is known.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { medianOf, percentileOf, percentilesOf } from '../../bench/statistics.ts';

test('a median is the middle, or the mean of the two middles, in any order', () => {
  expect(medianOf([3])).toBe(3);
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([10, 1, 2, 4])).toBe(3);
  expect(medianOf([])).toBeNaN();
});

test('a percentile is a figure that was measured: the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1);
  expect(percentileOf(hundred, 50)).toBe(50);
  expect(percentileOf(hundred, 99)).toBe(99);
  expect(percentileOf(hundred, 99.9)).toBe(100);
  expect(percentileOf(hundred, 100)).toBe(100);
  expect(percentileOf([7], 50)).toBe(7);
  expect(percentileOf([], 50)).toBeNaN();
});

test('of any figures, at least that percentage is no larger than the percentile', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      (figures, percent) => {
        const ascending = Float64Array.from(figures).sort();
        const found = percentileOf(ascending, percent);
        const within = ascending.filter((figure) => figure <= found).length;
        expect(within / ascending.length).toBeGreaterThanOrEqual(percent / 100 - 1e-9);
        expect(figures).toContainEqual(found);
      },
    ),
  );
});

test('percentiles of latencies are told together', () => {
  const thousand = Array.from({ length: 1000 }, (_, at) => 1000 - at);
  expect(percentilesOf(thousand)).toEqual({ p50: 500, p99: 990, p999: 999, max: 1000 });
});
