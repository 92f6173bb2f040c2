// Keys that wait for something that no watch reports: looked at less and less often, and soon again
// when something happens.
import { describe, expect, it } from 'vitest';
import { queueLimits } from '../../../../operator/limits.ts';
import { WorkQueue } from '../../../../operator/queue/work-queue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function queueWithClock() {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue({ clock, random: () => 0, limits: queueLimits }) };
}

describe('rechecks', () => {
  /** Rechecks a key as a worker does, and gives the delay in seconds. */
  async function recheck(cause: string, { queue, clock } = queueWithClock()): Promise<number> {
    queue.addRecheck('a', cause, 10_000);
    const seconds = (clock.nextMs ?? 0) / 1000;
    await clock.advance(seconds * 1000);
    queue.done((await queue.get()) ?? '');
    return seconds;
  }

  it('come later each time, up to the cap, while the cause stays the same', async () => {
    const parts = queueWithClock();
    const seconds: number[] = [];
    for (let times = 0; times < 8; times += 1) seconds.push(await recheck('no quota', parts));
    expect(seconds).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it.each<[string, (queue: WorkQueue) => void]>([
    ['somebody adds the key', (queue) => queue.add('a')],
    ['it has succeeded', (queue) => queue.forget('a')],
    ['another cause came between', (queue) => queue.addRecheck('a', 'no rights', 1)],
  ])('begin anew when %s', async (_case, happen) => {
    const parts = queueWithClock();
    await recheck('no quota', parts);
    await recheck('no quota', parts);
    happen(parts.queue);
    await parts.clock.advance(1);
    if (parts.queue.length > 0) parts.queue.done((await parts.queue.get()) ?? '');
    expect(await recheck('no quota', parts)).toBe(10);
  });

  it('end the failures of a key, and are counted for each key', async () => {
    const { queue, clock } = queueWithClock();
    queue.addRateLimited('a');
    queue.addRecheck('a', 'no quota', 10_000);
    queue.addRecheck('b', 'no quota', 10_000);
    expect(queue.numRequeues('a')).toBe(0);
    await clock.advance(10_000);
    expect(queue.length).toBe(2);
  });

  it('are no more after the shutdown', async () => {
    const { queue, clock } = queueWithClock();
    queue.shutDown();
    queue.addRecheck('a', 'no quota', 10_000);
    expect(clock.timers).toBe(0);
  });
});
