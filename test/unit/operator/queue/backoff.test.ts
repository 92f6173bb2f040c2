// The delays of failed keys: exponential with a cap for each key, a token bucket over all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueLimits } from '../../../../operator/limits.ts';
import {
  type BackoffLimits,
  fullBucket,
  itemDelayMs,
  reserve,
} from '../../../../operator/queue/backoff.ts';

const exact: BackoffLimits = { ...queueLimits, itemJitter: 0 };

describe('the delay of one key', () => {
  it('doubles from 5 ms', () => {
    const delays = [0, 1, 2, 3, 4].map((failures) => itemDelayMs(failures, 0, exact));
    expect(delays).toEqual([5, 10, 20, 40, 80]);
  });

  it('stops growing at five minutes, whatever the number of failures', () => {
    expect(itemDelayMs(15, 0, exact)).toBe(163_840);
    expect(itemDelayMs(16, 0, exact)).toBe(300_000);
    expect(itemDelayMs(100_000, 0, exact)).toBe(300_000);
  });

  it('adds at most its jitter and never exceeds the cap', () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(2000), unit, (failures, random) => {
        const delayMs = itemDelayMs(failures, random, queueLimits);
        const plainMs = itemDelayMs(failures, 0, exact);
        expect(delayMs).toBeGreaterThanOrEqual(plainMs);
        expect(delayMs).toBeLessThanOrEqual(Math.min(plainMs * 1.1, 300_000));
      }),
    );
  });
});

/** Takes tokens one after the other at one moment; the waits. */
function take(count: number, nowMs: number, from = fullBucket(0, exact)) {
  let bucket = from;
  const delays: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const next = reserve(bucket, nowMs, exact);
    bucket = next.bucket;
    delays.push(next.delayMs);
  }
  return { bucket, delays };
}

describe('the bucket of all keys', () => {
  it('lets a hundred through at once and then ten a second', () => {
    const { delays } = take(103, 0);
    expect(delays.slice(0, 100).every((delayMs) => delayMs === 0)).toBe(true);
    expect(delays.slice(100)).toEqual([100, 200, 300]);
  });

  it('fills again with time, up to its size', () => {
    const { bucket } = take(100, 0);
    expect(take(11, 1000, bucket).delays.at(-2)).toBe(0);
    expect(take(11, 1000, bucket).delays.at(-1)).toBe(100);
    expect(take(101, 3_600_000, bucket).delays.at(-1)).toBe(100);
  });

  it('never lets more through in a time than burst and rate allow', () => {
    const gaps = fc.array(fc.nat(400), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(gaps, (gapsMs) => {
        let bucket = fullBucket(0, exact);
        let nowMs = 0;
        const startsMs: number[] = [];
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          const next = reserve(bucket, nowMs, exact);
          bucket = next.bucket;
          startsMs.push(nowMs + next.delayMs);
        }
        const inFirst = (ms: number) => startsMs.filter((startMs) => startMs <= ms).length;
        for (const ms of [0, 1000, 10_000, 60_000]) {
          expect(inFirst(ms)).toBeLessThanOrEqual(100 + ms / 100 + 1);
        }
      }),
    );
  });
});
