// What became of a group as one run of numbers, where nothing out of the ordinary did: most batches
// are one change that was made, and a graph of objects would be taken apart and put together again.
// Next: `writer-link.ts` reads what `writer-thread.ts` sends.
import { type ChangeResult, isFailure, type Outcome } from './change.ts';

const NUMBERS_PER_OUTCOME = 3;
const NEVER = -1;

/** Three numbers for each outcome; undefined where one of them is more than a change made. */
export function encodeOutcomes(outcomes: readonly Outcome[]): Float64Array | undefined {
  const numbers = new Float64Array(NUMBERS_PER_OUTCOME * outcomes.length);
  let at = 0;
  for (const outcome of outcomes) {
    const result = onlyResult(outcome);
    if (result === undefined) return undefined;
    numbers[at] = result.revision;
    numbers[at + 1] = Number(result.created);
    numbers[at + 2] = result.expiresAtMs ?? NEVER;
    at += NUMBERS_PER_OUTCOME;
  }
  return numbers;
}

function onlyResult(outcome: Outcome): ChangeResult | undefined {
  if (isFailure(outcome) || outcome.results?.length !== 1) return undefined;
  const [result] = outcome.results;
  return result?.counter === undefined ? result : undefined;
}

/** What `encodeOutcomes` was given. */
export function decodeOutcomes(numbers: Float64Array): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_OUTCOME) {
    const revision = numbers[at] ?? 0;
    const created = numbers[at + 1] === 1;
    const endMs = numbers[at + 2] ?? NEVER;
    const expiresAtMs = endMs === NEVER ? null : endMs;
    outcomes.push({ results: [{ revision, created, expiresAtMs }] });
  }
  return outcomes;
}
