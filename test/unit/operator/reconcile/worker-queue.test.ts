// The main loop over the real queue: when a key comes back after each kind of outcome, and for how
// long it stays away at most.
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../operator/api/problem.ts';
import { queueLimits } from '../../../../operator/limits.ts';
import { WorkQueue } from '../../../../operator/queue/work-queue.ts';
import type { ReconcileResult } from '../../../../operator/reconcile/reconcile.ts';
import { work } from '../../../../operator/reconcile/worker.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const KEY = 'shop/orders';
const stalled: Problem = { reason: 'TokenSecretMissing', message: 'Secret "mine" is missing.' };

/** One worker over a queue with one key; the seconds at which it looked at it. */
function start(look: (times: number) => ReconcileResult) {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock, random: () => 0 });
  const atSeconds: number[] = [];
  const context = {
    ...{ queue, clock, random: () => 0.5, exists: () => true },
    reconcile: async () => look(atSeconds.push(clock.nowMs() / 1000)),
    ...{ onOutcome: () => {}, onActive: () => {} },
  };
  queue.add(KEY);
  const running = work(context, new AbortController().signal);
  const end = () => {
    queue.shutDown();
    return running;
  };
  return { clock, queue, atSeconds, end };
}

describe('a key', () => {
  it('that fails comes back, later each time, and starts anew when it succeeds', async () => {
    const { clock, queue, atSeconds, end } = start((times) => {
      if (times <= 4) throw new Error('The API server is away.');
      return {};
    });
    await clock.advance(1000);
    expect(atSeconds).toEqual([0, 0.005, 0.015, 0.035, 0.075]);
    expect(queue.numRequeues(KEY)).toBe(0);
    await end();
  });

  it('that goes on failing stays away for five minutes at most', async () => {
    const { clock, atSeconds, end } = start(() => {
      throw new Error('The API server is away.');
    });
    await clock.advance(24 * 3_600_000);
    const pauses = atSeconds.slice(1).map((at, index) => at - (atSeconds[index] ?? 0));
    expect(Math.max(...pauses)).toBeCloseTo(300);
    await end();
  });

  it('that is stalled comes back later each time, and soon after an event', async () => {
    const { clock, queue, atSeconds, end } = start(() => ({ recheck: stalled }));
    await clock.advance(1_000_000);
    expect(atSeconds).toEqual([0, 10, 30, 70, 150, 310, 610, 910]);
    atSeconds.length = 0;
    queue.add(KEY);
    await clock.advance(40_000);
    expect(atSeconds).toEqual([1000, 1010, 1030]);
    await end();
  });

  it('that waits for something else each time comes back as soon as the first time', async () => {
    const messages = ['It is missing.', 'It has no label.', 'It has no token.', 'It is empty.'];
    const { clock, atSeconds, end } = start((times) => ({
      recheck: { reason: 'TokenSecretInvalid', message: messages[times - 1] ?? '' },
    }));
    await clock.advance(35_000);
    expect(atSeconds).toEqual([0, 10, 20, 30]);
    await end();
  });

  it('that each look has come back at once is looked at once a second, after a burst', async () => {
    // as when somebody undoes each of our writes, or a webhook alters them
    const { clock, queue, atSeconds, end } = start((times) => {
      if (times < 1000) queue.add(KEY);
      return {};
    });
    await clock.advance(600_000);
    const { keyBurst, keyPerSecond } = queueLimits;
    expect(atSeconds.length).toBeGreaterThan(500);
    expect(atSeconds.length).toBeLessThanOrEqual(keyBurst + keyPerSecond * 600);
    expect(atSeconds.filter((at) => at < 10).length).toBeLessThanOrEqual(keyBurst + 10);
    await end();
  });

  it('that succeeds comes back by time', async () => {
    const { clock, atSeconds, end } = start(() => ({}));
    await clock.advance(600_000);
    expect(atSeconds).toEqual([0, 300, 600]);
    await end();
  });
});
