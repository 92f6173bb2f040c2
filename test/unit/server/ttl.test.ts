// Times to live: seconds with up to three decimals, exactly in milliseconds, within their bounds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../../server/limits.ts';
import { ttlMsOf, ttlMsOfSeconds } from '../../../server/ttl.ts';

test.each([
  ['1', 1_000],
  ['0.001', 1],
  ['0.5', 500],
  ['1.05', 1_050],
  ['3600', 3_600_000],
  ['3155760000', limits.ttlMsMax],
])('%s seconds are %d ms', (text, ms) => {
  expect(ttlMsOf(text)).toBe(ms);
});

test.each([
  '',
  '0',
  '0.0',
  '0.000',
  '-1',
  '+1',
  '01',
  '1.',
  '.5',
  '1.0001',
  '1e3',
  '0x10',
  ' 1',
  '1 ',
  '1,5',
  '1, 1',
  'NaN',
  'Infinity',
  '3155760000.001',
  '99999999999999999999',
])('"%s" is no time to live', (text) => {
  expect(ttlMsOf(text)).toBeUndefined();
});

const milliseconds = fc.integer({ min: 1, max: limits.ttlMsMax });

test('every number of milliseconds can be written as seconds, and comes back exactly', () => {
  fc.assert(
    fc.property(milliseconds, (ms) => {
      expect(ttlMsOf((ms / 1000).toFixed(3))).toBe(ms);
      expect(ttlMsOfSeconds(ms / 1000)).toBe(ms);
    }),
  );
});

test('no text but a number of seconds is one', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-+e ') }), (text) => {
      const ms = ttlMsOf(text);
      if (ms !== undefined) expect(ms).toBe(Math.round(Number(text) * 1000));
    }),
  );
});

test('no number of seconds is no time to live', () => {
  expect(ttlMsOfSeconds(undefined)).toBeUndefined();
});
