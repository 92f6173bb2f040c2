// The small parts of a watch: when it makes the operator not ready, how long pauses are, when it
// is silent.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { watchLimits } from '../../../../operator/limits.ts';
import { SilenceTimer } from '../../../../operator/watch/silence.ts';
import { failuresAfter, watchDelayMs } from '../../../../operator/watch/watch-backoff.ts';
import { type WatchState, watchProblem } from '../../../../operator/watch/watch-state.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const fine: WatchState = { kind: 'DumbKV', synced: true, lastContactTimeMs: 1000, failures: 0 };

describe('the problem of a watch', () => {
  it('is none while it has listed and heard something lately', () => {
    expect(watchProblem(fine, 301_000, 300_000)).toBeUndefined();
  });

  it('is a list that is not complete, with the reason', () => {
    const lastError = { message: 'GET /apis: 403 Forbidden', statusCode: 403, atMs: 5 };
    expect(watchProblem({ ...fine, synced: false, lastError }, 2000, 300_000)).toBe(
      'DumbKV: not listed yet; last error: GET /apis: 403 Forbidden',
    );
    expect(watchProblem({ ...fine, synced: false }, 2000, 300_000)).toBe('DumbKV: not listed yet');
  });

  it('is a silence that lasts too long, with the namespace where there is one', () => {
    expect(watchProblem({ ...fine, namespace: 'shop' }, 302_000, 300_000)).toBe(
      'DumbKV in shop: no word from the API server for 301 s',
    );
  });
});

describe('pauses', () => {
  const longest = (failures: number) => watchDelayMs(failures, 1, watchLimits);

  it('double from 800 ms to 30 s at most', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 500].map(longest)).toEqual([
      800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
    ]);
  });

  it('are spread over their whole length, but are never nothing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const delayMs = watchDelayMs(failures, random, watchLimits);
          expect(delayMs).toBeGreaterThanOrEqual(100);
          expect(delayMs).toBeLessThanOrEqual(longest(failures));
        },
      ),
    );
    expect(watchDelayMs(6, 0.5, watchLimits)).toBe(12_800);
  });

  it('begin anew after a watch that lived long enough', () => {
    expect(failuresAfter(7, 29_999, watchLimits)).toBe(8);
    expect(failuresAfter(7, 30_000, watchLimits)).toBe(1);
  });
});

describe('silence', () => {
  it('is noticed once, when nothing was heard for the limit', async () => {
    const clock = new FakeClock();
    let noticed = 0;
    const timer = new SilenceTimer(clock, 1000, () => {
      noticed += 1;
    });
    await clock.advance(900);
    timer.heard();
    await clock.advance(999);
    expect(noticed).toBe(0);
    await clock.advance(1);
    expect(noticed).toBe(1);
    await clock.advance(10_000);
    expect(noticed).toBe(1);
  });

  it('is not noticed after the end', async () => {
    const clock = new FakeClock();
    const timer = new SilenceTimer(clock, 1000, () => expect.unreachable());
    timer.heard();
    await clock.advance(500);
    timer.stop();
    await clock.advance(10_000);
    expect(clock.timers).toBe(0);
  });
});
