// The work queue's semantics, one by one, with a clock that stands still.
import { describe, expect, it } from 'vitest';
import { queueLimits } from '../../../../operator/limits.ts';
import { WorkQueue } from '../../../../operator/queue/work-queue.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';

const exact = { ...queueLimits, itemJitter: 0 };

function queueWithClock() {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue({ clock, random: () => 0, limits: exact }) };
}

/** What get() gives, or 'waits' when it gives nothing yet. */
async function taken(queue: WorkQueue): Promise<string | undefined> {
  let answer: string | undefined = 'waits';
  void queue.get().then((key) => {
    answer = key;
  });
  await settle();
  return answer;
}

describe('adding and getting', () => {
  it('gives keys in the order they were added', async () => {
    const { queue } = queueWithClock();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['a', 'b', 'c']);
  });

  it('holds a key once, however often it is added', async () => {
    const { queue } = queueWithClock();
    for (let times = 0; times < 5; times += 1) queue.add('a');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('a');
    expect(await taken(queue)).toBe('waits');
  });

  it('hands a key to the worker that has waited longest', async () => {
    const { queue } = queueWithClock();
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('b');
    expect([await first, await second]).toEqual(['a', 'b']);
    expect(queue.length).toBe(0);
  });

  it('works with its own defaults', async () => {
    const queue = new WorkQueue();
    queue.addRateLimited('a');
    expect(await queue.get()).toBe('a');
  });
});

describe('a key in work', () => {
  it('is not given to a second worker, but comes back when it is done', async () => {
    const { queue } = queueWithClock();
    queue.add('a');
    await queue.get();
    queue.add('a');
    let second: string | undefined;
    const waiting = queue.get().then((key) => {
      second = key;
    });
    await settle();
    expect(second).toBeUndefined();
    queue.done('a');
    await waiting;
    expect(second).toBe('a');
  });

  it('does not come back when nothing was added meanwhile', async () => {
    const { queue } = queueWithClock();
    queue.add('a');
    await queue.get();
    queue.done('a');
    expect(await taken(queue)).toBe('waits');
  });

  it('may be given back twice, or without having been taken', async () => {
    const { queue } = queueWithClock();
    queue.done('never taken');
    queue.add('a');
    await queue.get();
    queue.done('a');
    queue.done('a');
    expect(queue.inProgressSeconds()).toEqual([]);
  });

  it('is known with its time in work', async () => {
    const { queue, clock } = queueWithClock();
    queue.add('a');
    await queue.get();
    await clock.advance(2500);
    expect(queue.inProgressSeconds()).toEqual([2.5]);
  });
});

describe('delays', () => {
  it('adds a key when its time has come, and not before', async () => {
    const { queue, clock } = queueWithClock();
    queue.addAfter('a', 1000);
    await clock.advance(999);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await queue.get()).toBe('a');
  });

  it('adds at once for no delay', () => {
    const { queue } = queueWithClock();
    queue.addAfter('a', 0);
    queue.addAfter('b', -5);
    expect(queue.length).toBe(2);
  });

  it('lets the earlier of two ends count, in either order', async () => {
    const { queue, clock } = queueWithClock();
    queue.addAfter('a', 1000);
    queue.addAfter('a', 200);
    queue.addAfter('b', 200);
    queue.addAfter('b', 1000);
    await clock.advance(200);
    expect(queue.length).toBe(2);
    expect(clock.timers).toBe(0);
  });

  it('keeps the delay of a key that is added meanwhile', async () => {
    const { queue, clock } = queueWithClock();
    queue.addAfter('a', 1000);
    queue.add('a');
    queue.done((await queue.get()) ?? '');
    await clock.advance(1000);
    expect(await queue.get()).toBe('a');
  });
});

describe('failures', () => {
  it('delay a key by 5 ms, then twice as long each time', async () => {
    const { queue, clock } = queueWithClock();
    for (const delayMs of [5, 10, 20, 40]) {
      queue.addRateLimited('a');
      expect(clock.nextMs).toBe(delayMs);
      await clock.advance(delayMs);
      queue.done((await queue.get()) ?? '');
    }
    expect(queue.numRequeues('a')).toBe(4);
  });

  it('are counted for each key, until it is forgotten', () => {
    const { queue } = queueWithClock();
    queue.addRateLimited('a');
    queue.addRateLimited('a');
    queue.addRateLimited('b');
    expect([queue.numRequeues('a'), queue.numRequeues('b')]).toEqual([2, 1]);
    queue.forget('a');
    expect([queue.numRequeues('a'), queue.numRequeues('b')]).toEqual([0, 1]);
  });

  it('of many keys at once are spread by the shared bucket', async () => {
    const { queue, clock } = queueWithClock();
    for (let index = 0; index < 150; index += 1) queue.addRateLimited(`key-${index}`);
    await clock.advance(5);
    expect(queue.length).toBe(100);
    await clock.advance(995);
    expect(queue.length).toBe(110);
    await clock.advance(4000);
    expect(queue.length).toBe(150);
  });
});

describe('shutting down', () => {
  it('ends waiting workers', async () => {
    const { queue } = queueWithClock();
    const waiting = [queue.get(), queue.get()];
    queue.shutDown();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });

  it('drops what is ready, and takes nothing new', async () => {
    const { queue, clock } = queueWithClock();
    queue.add('a');
    queue.addAfter('later', 1000);
    queue.shutDown();
    queue.add('b');
    queue.addAfter('c', 1);
    queue.addRateLimited('d');
    await clock.advance(10_000);
    expect(await queue.get()).toBeUndefined();
    expect(queue.length).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('takes back a key that is in work, and does not hand it out again', async () => {
    const { queue } = queueWithClock();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.shutDown();
    expect(queue.inProgressSeconds()).toHaveLength(1);
    queue.done('a');
    expect(await queue.get()).toBeUndefined();
    expect(queue.inProgressSeconds()).toEqual([]);
  });
});

describe('hooks', () => {
  it('hear of depth, additions, waits, work and retries', async () => {
    const clock = new FakeClock();
    const heard: [string, number?][] = [];
    const queue = new WorkQueue({
      clock,
      random: () => 0,
      limits: exact,
      hooks: {
        depth: (keys) => heard.push(['depth', keys]),
        added: () => heard.push(['added']),
        queued: (seconds) => heard.push(['queued', seconds]),
        worked: (seconds) => heard.push(['worked', seconds]),
        retried: () => heard.push(['retried']),
      },
    });
    queue.add('a');
    queue.add('a');
    await clock.advance(1000);
    await queue.get();
    await clock.advance(500);
    queue.done('a');
    queue.addRateLimited('a');
    queue.add('b');
    queue.shutDown();
    expect(heard).toEqual([
      ['added'],
      ['depth', 1],
      ['queued', 1],
      ['depth', 0],
      ['worked', 0.5],
      ['retried'],
      ['added'],
      ['depth', 1],
      ['depth', 0],
    ]);
  });
});
