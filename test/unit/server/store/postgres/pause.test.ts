// The pause after a failure: how long it is, what it refuses, and how it ends.
import { expect, test } from 'vitest';
import { limits } from '../../../../../server/limits.ts';
import { Pause, pauseMs } from '../../../../../server/store/postgres/pause.ts';

const { databasePauseMinMs: minMs, databasePauseMaxMs: maxMs } = limits;

test('pauses grow to a bound, and chance takes up to a half of them', () => {
  expect([0, 1, 2, 3].map((failures) => pauseMs(failures, 1))).toEqual(
    [1, 2, 4, 8].map((n) => n * minMs),
  );
  expect(pauseMs(30, 1)).toBe(maxMs);
  expect(pauseMs(2_000, 1)).toBe(maxMs);
  expect(pauseMs(0, 0)).toBe(minMs / 2);
});

function turnedPause() {
  const clock = { nowMs: 1_000 };
  return { clock, pause: new Pause(() => clock.nowMs) };
}

test('without a failure there is no pause', () => {
  const { pause } = turnedPause();
  expect(() => pause.check()).not.toThrow();
});

test('during a pause every call is refused with what has failed, and then no more', () => {
  const { pause, clock } = turnedPause();
  const cause = new Error('refused');
  pause.failed(cause);
  expect(() => pause.check()).toThrow(
    expect.objectContaining({ code: 'DKV_STORE_UNAVAILABLE', cause }),
  );
  clock.nowMs += minMs;
  expect(() => pause.check()).not.toThrow();
});

test('failures of calls that were under way together count once', () => {
  const { pause, clock } = turnedPause();
  for (let call = 0; call < 20; call += 1) pause.failed(new Error('refused'));
  clock.nowMs += minMs;
  expect(() => pause.check()).not.toThrow();
});

test('each failure after a pause makes the next one longer, until something succeeds', () => {
  const { pause, clock } = turnedPause();
  const fail = () => {
    pause.failed(new Error('refused'));
    clock.nowMs += maxMs;
  };
  for (let round = 0; round < 10; round += 1) fail();
  pause.failed(new Error('refused'));
  clock.nowMs += maxMs / 2 - 1;
  expect(() => pause.check()).toThrow();
  pause.succeeded();
  expect(() => pause.check()).not.toThrow();
  pause.failed(new Error('refused'));
  clock.nowMs += minMs;
  expect(() => pause.check()).not.toThrow();
});
