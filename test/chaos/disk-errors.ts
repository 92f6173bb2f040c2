// Proof: system calls on the store that fail, each n-th one once or all from the n-th on, lead to
// no false 2xx: the server recovers, refuses, or ends by itself, and nothing that it acknowledged
// is missing.
// Next: `fault-run.ts` is one such run.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, type Ground, layGround, measureCalls, runWithFault } from './fault-run.ts';
import type { Proof, Run } from './proof.ts';

const figures = {
  short: { points: 1, writes: 60 },
  long: { points: 12, writes: 120 },
};
type Figures = typeof figures.long;

const CALLS = ['fsync', 'fdatasync', 'pwrite64', 'ftruncate'];
const ERRORS = ['EIO', 'ENOSPC'];

export const diskErrors: Proof<Figures> = {
  name: 'disk-errors',
  says: 'EIO and ENOSPC at every n-th sync, write and truncation: no false 2xx, nothing missing.',
  needsTracer: true,
  ...figures,
  async run({ points, writes }, run) {
    mkdirSync(join(run.folder, 'ground'));
    const ground = await layGround(run, writes);
    const counts = await measureCalls(run, ground, CALLS);
    let runs = 0;
    for (const call of CALLS) {
      const most = counts.get(call) ?? 0;
      if (most === 0) run.print(`| ${call} | | | not used by this build of SQLite |`);
      for (const error of ERRORS) {
        for (const isLasting of [false, true]) {
          const numbers = most === 0 ? [] : numbersUpTo(most, points, run);
          if (numbers.length === 0) continue;
          const kind = { call, error, isLasting };
          run.print(rowOf(kind, await runEach(run, ground, numbers, kind)));
          runs += numbers.length;
        }
      }
    }
    return `${runs} runs with failing calls: no false 2xx, no acknowledged write missing`;
  },
};

/** Half of the numbers from the first on, the other half anywhere, in order. */
function numbersUpTo(most: number, points: number, { chance }: Run): number[] {
  if (most <= points) return Array.from({ length: most }, (_, i) => i + 1);
  const fromFirst = Array.from({ length: Math.floor(points / 2) }, (_, i) => i + 1);
  const numbers = new Set(fromFirst);
  while (numbers.size < points) numbers.add(1 + chance.below(most));
  return [...numbers].sort((a, b) => a - b);
}

type Kind = Omit<Fault, 'n'>;
type Outcomes = readonly (readonly [n: number, outcome: string])[];

async function runEach(run: Run, ground: Ground, numbers: number[], kind: Kind): Promise<Outcomes> {
  const outcomes: [number, string][] = [];
  for (const n of numbers) {
    const outcome = await runWithFault(run, ground, { ...kind, n });
    outcomes.push([n, outcome]);
    run.progress(
      `${kind.call} ${kind.error} at ${n}${kind.isLasting ? ' and on' : ''}: ${outcome}`,
    );
  }
  return outcomes;
}

/** One line for all runs of a kind: which numbers came to what. */
function rowOf({ call, error, isLasting }: Kind, outcomes: Outcomes): string {
  const byOutcome = Map.groupBy(outcomes, ([, outcome]) => outcome);
  const cells = [...byOutcome].map(
    ([outcome, all]) => `${outcome} ${all.length} (n = ${rangesOf(all.map(([n]) => n))})`,
  );
  return `| ${call} | ${error} | ${isLasting ? 'n and on' : 'n'} | ${cells.join('; ')} |`;
}

/** `1-3, 7` for 1, 2, 3 and 7. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const n of numbers) {
    const range = ranges.at(-1);
    if (range?.last === n - 1) range.last = n;
    else ranges.push({ first: n, last: n });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(', ');
}
