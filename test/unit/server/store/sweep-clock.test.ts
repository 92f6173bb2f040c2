// When the sweep runs: once the next entry ends, and no later because others write meanwhile. Time
// is turned by hand; the writer here is nothing but the answers that it gives.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import type { Batch } from '../../../../server/store/change.ts';
import { SweepClock } from '../../../../server/store/sweep-clock.ts';
import type { Writer } from '../../../../server/store/writer.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const REMOVAL: Batch = [{ op: 'remove', database: 0, key: 'k' }];
const CHECK: Batch = [{ op: 'check', database: 0, key: 'k' }];

interface Answers {
  /** What the writer says of the next step, before and after one. */
  nextMs: number | undefined;
  againMs: number | undefined;
  ended: number;
}

function newClock(answers: Answers) {
  const counts = { steps: 0, told: 0 };
  const sweep = () => {
    counts.steps += 1;
    return { ended: answers.ended, againMs: answers.againMs };
  };
  const writer = { sweep, nextSweepMs: () => answers.nextMs } as unknown as Writer;
  const clock = new SweepClock(writer, () => {
    counts.told += 1;
  });
  return { clock, counts };
}

test('with nothing that ends there is no step', () => {
  const { clock } = newClock({ nextMs: undefined, againMs: undefined, ended: 0 });
  clock.after([REMOVAL]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a step comes in time and is told of if it ended something', () => {
  const answers: Answers = { nextMs: 700, againMs: 900, ended: 1 };
  const { counts } = newClock(answers);
  vi.advanceTimersByTime(699);
  expect(counts).toEqual({ steps: 0, told: 0 });
  vi.advanceTimersByTime(1);
  expect(counts).toEqual({ steps: 1, told: 1 });
  answers.ended = 0;
  vi.advanceTimersByTime(900);
  expect(counts).toEqual({ steps: 2, told: 1 });
});

test('what is written may bring it forward', () => {
  const answers: Answers = { nextMs: 60_000, againMs: undefined, ended: 0 };
  const { clock, counts } = newClock(answers);
  answers.nextMs = limits.sweepDelayMinMs;
  clock.after([CHECK]);
  vi.advanceTimersByTime(limits.sweepDelayMinMs);
  expect(counts.steps).toBe(0);
  clock.after([CHECK, REMOVAL]);
  vi.advanceTimersByTime(limits.sweepDelayMinMs);
  expect(counts.steps).toBe(1);
});

test('writes that go on and on do not put it off', () => {
  const { clock, counts } = newClock({
    nextMs: limits.sweepDelayMinMs,
    againMs: limits.sweepPauseMs,
    ended: 0,
  });
  for (let ms = 0; ms < 2 * limits.sweepDelayMinMs; ms += 10) {
    clock.after([REMOVAL]);
    vi.advanceTimersByTime(10);
  }
  // one when it is due, then one after each pause
  expect(counts.steps).toBe(1 + limits.sweepDelayMinMs / limits.sweepPauseMs);
});

test('after the end there is none', () => {
  const { clock, counts } = newClock({ nextMs: 500, againMs: 20, ended: 0 });
  clock.close();
  vi.advanceTimersByTime(1_000);
  expect(counts.steps).toBe(0);
});
