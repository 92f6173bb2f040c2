// The arithmetic of the benchmark: medians, percentiles and ratios, each of figures that are given.
// Next: `report/summary.ts` for what is made of the runs.

/** The middle of some figures; of two middles their mean. NaN for none. */
export function medianOf(figures: readonly number[]): number {
  const ascending = figures.toSorted((a, b) => a - b);
  const middle = ascending.length / 2;
  const [low = Number.NaN, high = low] = [Math.ceil(middle) - 1, Math.floor(middle)].map(
    (at) => ascending[at],
  );
  return (low + high) / 2;
}

/**
 * The smallest of the ascending figures that at least this percentage of them does not exceed (the
 * nearest rank: always a figure that was measured). NaN for none.
 */
export function percentileOf(ascending: ArrayLike<number>, percent: number): number {
  const rank = Math.ceil((percent * ascending.length) / 100);
  return ascending[Math.max(0, rank - 1)] ?? Number.NaN;
}

/** The percentiles that are told of latencies. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Percentiles of figures in any order. */
export function percentilesOf(figures: Iterable<number>): Percentiles {
  const ascending = Float64Array.from(figures).sort();
  const at = (percent: number) => percentileOf(ascending, percent);
  return { p50: at(50), p99: at(99), p999: at(99.9), max: at(100) };
}
