// What honest clients notice with something under way and without it, by turns, so that what
// changes with time meets both; told as the ratio of the two p99 of each round, and their median.
// Next: `main.ts` compares slow clients, `rotation.ts` a rotation of sealing keys.
import { medianOf, percentilesOf } from '../bench/statistics.ts';
import type { Noticed } from './honest-clients.ts';

export interface Comparison {
  /** What is under way, as it is told. */
  readonly what: string;
  readonly rounds: number;
  readonly measureWithout: () => Promise<Noticed>;
  readonly measureWith: () => Promise<Noticed>;
  readonly write: (line: string) => void;
}

/** Measures both in each round, the other one first in each second round. */
export async function compare({ what, rounds, write, ...measure }: Comparison): Promise<void> {
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const isWithFirst = round % 2 === 0;
    const early = isWithFirst ? await measure.measureWith() : undefined;
    const without = await measure.measureWithout();
    const beside = early ?? (await measure.measureWith());
    write(`${round}: without ${lineOf(without)}`);
    write(`${round}: with    ${lineOf(beside)}`);
    ratios.push(p99Of(beside) / p99Of(without));
  }
  write(comparisonLine(what, ratios));
}

const p99Of = ({ latenciesMs }: Noticed): number => percentilesOf(latenciesMs).p99;

/** The last line: each round's ratio, and what is to be quoted. */
export function comparisonLine(what: string, ratios: readonly number[]): string {
  const all = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
  const median = medianOf(ratios).toFixed(2);
  return `p99 with ${what} / without: ${median} (median of ${ratios.length} rounds: ${all})`;
}

/** The percentiles of those that were answered, and how many were not. */
export function lineOf({ latenciesMs, failures }: Noticed): string {
  const { p50, p99, p999 } = percentilesOf(latenciesMs);
  const [first] = failures;
  const failed = first === undefined ? 'none' : `${failures.length} (${first})`;
  const ms = [p50, p99, p999].map((figure) => `${figure.toFixed(2)} ms`);
  return (
    `p50 ${ms[0]}, p99 ${ms[1]}, p99.9 ${ms[2]}; ` +
    `answered ${latenciesMs.length}, not answered ${failed}`
  );
}
