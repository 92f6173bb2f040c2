// The operator's clock and the pause that a signal can cut short.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { sleep, systemClock } from '../../../operator/clock.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

describe('the clock of the process', () => {
  it('goes on, calls back, and knows the time of day', async () => {
    const beforeMs = systemClock.nowMs();
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, 5));
    expect(systemClock.nowMs()).toBeGreaterThan(beforeMs);
    expect(Math.abs(systemClock.wallTime().getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('does not take a very long delay for none', async () => {
    let called = false;
    const cancel = systemClock.setTimer(() => {
      called = true;
    }, 2 ** 40);
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancel();
    expect(called).toBe(false);
  });
});

describe('sleep', () => {
  it('ends when its time has come, and leaves nothing on the signal', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    let woken = false;
    void sleep(clock, 1000, signal).then(() => {
      woken = true;
    });
    await clock.advance(999);
    expect(woken).toBe(false);
    await clock.advance(1);
    expect(woken).toBe(true);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('ends when the signal is aborted, before or meanwhile, and leaves no timer', async () => {
    const clock = new FakeClock();
    const stopping = new AbortController();
    let woken = 0;
    const sleeping = sleep(clock, 1000, stopping.signal).then(() => {
      woken += 1;
    });
    await settle();
    stopping.abort();
    await sleeping;
    await sleep(clock, 1000, stopping.signal);
    expect([woken, clock.timers]).toEqual([1, 0]);
  });
});
