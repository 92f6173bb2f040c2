// How often one key may be worked on: a burst, then steadily, each key for itself, and nothing is
// remembered of keys that have rested.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueLimits } from '../../../../operator/limits.ts';
import { Pace } from '../../../../operator/queue/pace.ts';
import { WorkQueue } from '../../../../operator/queue/work-queue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const limits = { keyBurst: 3, keyPerSecond: 2 };

describe('the pace of a key', () => {
  it('is a burst, and then steady', () => {
    const pace = new Pace(limits);
    const waits: number[] = [];
    for (let times = 0; times < 4; times += 1) {
      waits.push(pace.waitMs('a', 0));
      pace.take('a', 0);
    }
    expect(waits).toEqual([0, 0, 0, 500]);
    expect(pace.waitMs('b', 0)).toBe(0);
  });

  it('lets a key that has rested begin with a burst again', () => {
    const pace = new Pace(limits);
    for (let times = 0; times < 3; times += 1) pace.take('a', 0);
    expect(pace.waitMs('a', 400)).toBe(100);
    expect(pace.waitMs('a', 500)).toBe(0);
    for (let times = 0; times < 3; times += 1) {
      expect(pace.waitMs('a', 10_000)).toBe(0);
      pace.take('a', 10_000);
    }
    expect(pace.waitMs('a', 10_000)).toBe(500);
  });

  it('is asked for without being used up', () => {
    const pace = new Pace(limits);
    for (let times = 0; times < 10; times += 1) expect(pace.waitMs('a', 0)).toBe(0);
  });

  it('is forgotten when the key has rested, for all keys but the latest', () => {
    const pace = new Pace(limits);
    for (let index = 0; index < 1000; index += 1) pace.take(`key-${index}`, index);
    pace.take('key-0', 2000);
    expect(pace.size).toBeLessThan(1000);
    pace.take('last', 10_000);
    expect(pace.size).toBe(1);
  });

  it('is never exceeded, whenever the key is asked for', () => {
    const gaps = fc.array(fc.nat(300), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(gaps, (gapsMs) => {
        const pace = new Pace(limits);
        let nowMs = 0;
        let taken = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (pace.waitMs('a', nowMs) > 0) continue;
          pace.take('a', nowMs);
          taken += 1;
          expect(taken).toBeLessThanOrEqual(limits.keyBurst + (nowMs / 1000) * limits.keyPerSecond);
        }
      }),
    );
  });
});

describe('a queue', () => {
  it('holds back only the key that comes too often, and hands it out when it may', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock, random: () => 0, limits: { ...queueLimits, ...limits } });
    for (let times = 0; times < 3; times += 1) {
      queue.add('a');
      queue.done((await queue.get()) ?? '');
    }
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('b');
    await clock.advance(500);
    expect(await queue.get()).toBe('a');
    expect(clock.timers).toBe(0);
  });

  it('counts a key once while it waits, however many events come', async () => {
    const clock = new FakeClock();
    let added = 0;
    const nothing = () => {};
    const others = { depth: nothing, queued: nothing, worked: nothing, retried: nothing };
    const hooks = {
      ...others,
      added: () => {
        added += 1;
      },
    };
    const paced = { ...queueLimits, keyBurst: 1, keyPerSecond: 1 };
    const queue = new WorkQueue({ clock, limits: paced, hooks });
    queue.add('a');
    queue.done((await queue.get()) ?? '');
    for (let times = 0; times < 100; times += 1) queue.add('a');
    expect(added).toBe(1);
    await clock.advance(1000);
    expect(added).toBe(2);
  });
});
