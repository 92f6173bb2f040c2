// When a log that is not long is copied: in a quiet moment, and not while some write again and
// again. Time is turned by hand.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import { LogClock } from '../../../../server/store/log-clock.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

function newClock() {
  const bounds: (number | undefined)[] = [];
  const clock = new LogClock({ boundLog: (pagesMax) => void bounds.push(pagesMax) });
  return { clock, bounds };
}

test('without a write there is nothing to wait for', () => {
  const { bounds } = newClock();
  vi.advanceTimersByTime(10 * limits.logQuietMs);
  expect(vi.getTimerCount()).toBe(0);
  expect(bounds).toEqual([]);
});

test('after the last write the log is copied once, by the smaller bound', () => {
  const { clock, bounds } = newClock();
  clock.after();
  vi.advanceTimersByTime(limits.logQuietMs - 1);
  expect(bounds).toEqual([]);
  vi.advanceTimersByTime(1 + limits.logQuietMs);
  expect(bounds).toEqual([limits.logPagesQuietMax]);
  vi.advanceTimersByTime(10 * limits.logQuietMs);
  expect(bounds).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('while some write again and again it is left alone', () => {
  const { clock, bounds } = newClock();
  for (let i = 0; i < 100; i += 1) {
    clock.after();
    vi.advanceTimersByTime(limits.logQuietMs - 1);
  }
  expect(bounds).toEqual([]);
  vi.advanceTimersByTime(2 * limits.logQuietMs);
  expect(bounds).toHaveLength(1);
});

test('what is closed copies nothing more', () => {
  const { clock, bounds } = newClock();
  clock.after();
  clock.close();
  vi.advanceTimersByTime(10 * limits.logQuietMs);
  expect(bounds).toEqual([]);
});
