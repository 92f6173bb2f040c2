// When a rotation goes on: at once with pauses, later after a failure, and not at all once it is
// over. Time is turned by hand; the writer here is nothing but the answers that it gives.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import type { RotationProgress } from '../../../../server/sealing/rotation.ts';
import { RotationClock } from '../../../../server/store/rotation-clock.ts';
import type { Writer } from '../../../../server/store/writer.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

interface Setting {
  readonly clock: RotationClock;
  /** How many steps were made. */
  readonly steps: () => number;
  readonly told: RotationProgress[];
}

/** A clock whose steps give these answers and take so long; the last answer is given for ever. */
function newClock(answers: (boolean | undefined)[], tookMs = 0): Setting {
  const progress = { seen: 1, damaged: 0, isOver: false };
  const told: RotationProgress[] = [];
  let steps = 0;
  const inBackground = () => {
    vi.advanceTimersByTime(tookMs);
    steps += 1;
    return answers[Math.min(steps, answers.length) - 1];
  };
  const writer = { inBackground, rotation: { progress } } as unknown as Writer;
  const clock = new RotationClock(writer, (one) => told.push(one));
  return { clock, steps: () => steps, told };
}

test('a step comes after each pause, until the last one', () => {
  const { steps, told } = newClock([true, true, false]);
  expect(steps()).toBe(0);
  for (const made of [1, 2, 3, 3, 3]) {
    vi.advanceTimersByTime(limits.rotationPauseMs);
    expect(steps()).toBe(made);
  }
  expect(told).toHaveLength(3);
  expect(vi.getTimerCount()).toBe(0);
});

test('after a long step the pause is longer', () => {
  const tookMs = limits.rotationPauseMs;
  const { steps } = newClock([true], tookMs);
  vi.advanceTimersByTime(limits.rotationPauseMs);
  expect(steps()).toBe(1);
  vi.advanceTimersByTime(limits.rotationPauseFactor * tookMs - 1);
  expect(steps()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(steps()).toBe(2);
});

test('after a failure it goes on later', () => {
  const { steps } = newClock([true, undefined, false]);
  vi.advanceTimersByTime(2 * limits.rotationPauseMs);
  expect(steps()).toBe(2);
  vi.advanceTimersByTime(limits.rotationRetryMs - 1);
  expect(steps()).toBe(2);
  vi.advanceTimersByTime(1);
  expect(steps()).toBe(3);
});

test('other keys wake it, once', () => {
  const { clock, steps } = newClock([false]);
  vi.advanceTimersByTime(limits.rotationPauseMs);
  clock.wake();
  clock.wake();
  vi.advanceTimersByTime(10 * limits.rotationPauseMs);
  expect(steps()).toBe(2);
});

test('once it is closed, nothing is done', () => {
  const { clock, steps } = newClock([true]);
  clock.close();
  vi.advanceTimersByTime(10 * limits.rotationRetryMs);
  expect(steps()).toBe(0);
});
