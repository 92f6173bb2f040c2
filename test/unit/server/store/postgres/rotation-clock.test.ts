// When a rotation on Postgres goes on: step by step, later where another replica is at it or
// something fails, and seldom once it is over. Time is turned by hand; the steps are their answers.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limits } from '../../../../../server/limits.ts';
import { RotationClock } from '../../../../../server/store/postgres/rotation-clock.ts';
import type { Next } from '../../../../../server/store/postgres/rotation-steps.ts';
import { capturedLog } from '../../../../server/support/captured-log.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A clock whose steps end so and take so long; the last answer is given for ever. */
function newClock(answers: (Next | Error)[], tookMs = 0) {
  let steps = 0;
  const next = async () => {
    steps += 1;
    vi.advanceTimersByTime(tookMs);
    const answer = answers[Math.min(steps, answers.length) - 1] ?? 'over';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const { log, lines } = capturedLog();
  return { clock: new RotationClock({ next }, log), steps: () => steps, lines };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const { rotationPauseMs: pauseMs, rotationRetryMs: retryMs } = limits;

test('a step comes after each pause, and seldom once it is over', async () => {
  const { steps } = newClock(['more', 'more', 'over']);
  for (const made of [1, 2, 3, 3]) {
    await pass(pauseMs);
    expect(steps()).toBe(made);
  }
  await pass(limits.databaseRotationLookMs);
  expect(steps()).toBe(4);
});

test('after a long step the pause is longer', async () => {
  const { steps } = newClock(['more'], pauseMs);
  await pass(pauseMs);
  expect(steps()).toBe(1);
  await pass(limits.rotationPauseFactor * pauseMs - 1);
  expect(steps()).toBe(1);
  await pass(1);
  expect(steps()).toBe(2);
});

test.each([
  ['another replica is at it', 'busy', limits.databasePauseMaxMs],
  ['the file of another replica is behind', 'behind', retryMs],
] as const)('where %s, it comes again later', async (_, next, laterMs) => {
  const { steps } = newClock([next]);
  await pass(pauseMs + laterMs - 1);
  expect(steps()).toBe(1);
  await pass(1);
  expect(steps()).toBe(2);
});

test('a failure is told once, and the step is made again', async () => {
  const lost = new Error('Connection terminated unexpectedly');
  const { steps, lines } = newClock([lost, lost, 'more']);
  await pass(pauseMs + 2 * limits.databasePauseMaxMs);
  expect(steps()).toBe(3);
  expect(lines()).toMatchObject([{ reason: lost.message }]);
});

test('other keys wake it, also while a step is made', async () => {
  const { clock, steps } = newClock(['over']);
  await pass(pauseMs);
  clock.wake();
  clock.wake();
  await pass(10 * pauseMs);
  expect(steps()).toBe(2);
  clock.wake();
  vi.advanceTimersByTime(pauseMs);
  clock.wake();
  await pass(pauseMs);
  expect(steps()).toBe(4);
});

test('once it is closed, nothing is done', async () => {
  const { clock, steps } = newClock(['more']);
  await pass(pauseMs);
  clock.close();
  await pass(10 * retryMs);
  expect(steps()).toBe(1);
});
