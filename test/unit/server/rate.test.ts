// How often a caller may call: the burst, the rate after it, and the bound on how many are metered.
// That requests are refused so is tested in test/server/http-rate.test.ts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientOf, RateMeter } from '../../../server/rate.ts';

/** How many of so many requests at one time are let in. */
const letIn = (meter: RateMeter, id: string, requests: number, nowMs: number): number =>
  Array.from({ length: requests }, () => meter.waitMs(id, nowMs)).filter((ms) => ms === 0).length;

test('a burst is let in at once, and no more', () => {
  const meter = new RateMeter({ perSecond: 10, burst: 25 }, 10);
  expect(letIn(meter, 'a', 100, 5_000)).toBe(25);
});

test('after it, the rate', () => {
  const meter = new RateMeter({ perSecond: 10, burst: 25 }, 10);
  letIn(meter, 'a', 100, 0);
  expect(letIn(meter, 'a', 100, 99)).toBe(0);
  expect(letIn(meter, 'a', 100, 100)).toBe(1);
  expect(letIn(meter, 'a', 100, 1_100)).toBe(10);
});

test('after a pause the burst again, and no more than that', () => {
  const meter = new RateMeter({ perSecond: 10, burst: 25 }, 10);
  letIn(meter, 'a', 100, 0);
  expect(letIn(meter, 'a', 100, 3_600_000)).toBe(25);
});

test('it says how long to wait, and then there is one', () => {
  const meter = new RateMeter({ perSecond: 4, burst: 1 }, 10);
  expect(meter.waitMs('a', 1_000)).toBe(0);
  expect(meter.waitMs('a', 1_000)).toBe(250);
  expect(meter.waitMs('a', 1_240)).toBe(10);
  expect(meter.waitMs('a', 1_250)).toBe(0);
});

test('who is refused does not wait longer for it', () => {
  const meter = new RateMeter({ perSecond: 1, burst: 1 }, 10);
  meter.waitMs('a', 0);
  for (let i = 0; i < 1_000; i += 1) meter.waitMs('a', 500);
  expect(meter.waitMs('a', 1_000)).toBe(0);
});

test('callers do not share', () => {
  const meter = new RateMeter({ perSecond: 1, burst: 2 }, 10);
  expect(letIn(meter, 'a', 5, 0)).toBe(2);
  expect(letIn(meter, 'b', 5, 0)).toBe(2);
});

test('a bucket that is full again makes room for another, one in use stays', () => {
  const meter = new RateMeter({ perSecond: 1, burst: 5 }, 3);
  expect(letIn(meter, 'busy', 5, 0)).toBe(5);
  for (const id of ['a', 'b']) letIn(meter, id, 1, 0);
  expect(letIn(meter, 'c', 1, 2_000)).toBe(1);
  expect(letIn(meter, 'busy', 5, 2_000)).toBe(2);
});

test('where all are in use the oldest goes, and the number is bounded', () => {
  const meter = new RateMeter({ perSecond: 1, burst: 1 }, 100);
  for (let i = 0; i < 1_000; i += 1) expect(meter.waitMs(`caller ${i}`, 0)).toBe(0);
  expect(letIn(meter, 'caller 950', 1, 0)).toBe(0);
  expect(letIn(meter, 'caller 0', 1, 0)).toBe(1);
});

test('whenever requests come, no span of time lets in more than its rate and one burst', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
  const rates = fc.record({
    perSecond: fc.integer({ min: 1, max: 50 }),
    burst: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(rates, pauses, (rate, gaps) => {
      const meter = new RateMeter(rate, 10);
      let nowMs = 0;
      const times: number[] = [];
      for (const gap of gaps) {
        nowMs += gap;
        if (meter.waitMs('a', nowMs) === 0) times.push(nowMs);
      }
      for (const [first, from] of times.entries()) {
        for (const [further, to] of times.slice(first).entries()) {
          const most = rate.burst + ((to - from) * rate.perSecond) / 1_000;
          expect(further + 1).toBeLessThanOrEqual(most + 1e-6);
        }
      }
    }),
  );
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['2001:db8:0:0:1::', '2001:db8:0:0'],
  ['2001::1:2:3:4:5:6', '2001:0:1:2'],
  ['::1', '0:0:0:0'],
  ['::', '0:0:0:0'],
  ['', ''],
])('the client of %s is %s', (address, client) => {
  expect(clientOf(address)).toBe(client);
});
