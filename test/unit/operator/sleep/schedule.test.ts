// Sleeping hours: by the clock of a time zone, over midnight and week ends, and over the nights in
// which the clock is changed; always with the very instant at which it changes next.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sleep } from '../../../../crds/sleep.ts';
import { restAt } from '../../../../operator/sleep/schedule.ts';
import { shownAt } from '../../../../operator/sleep/zoned-time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (time: string) => Date.parse(time);
const asleep = (sleep: Sleep, time: string) => {
  const { isAsleep, changesMs } = restAt(sleep, at(time));
  const until = changesMs === undefined ? 'for ever' : new Date(changesMs).toISOString();
  return `${isAsleep ? 'asleep' : 'awake'} until ${until.replace(':00.000Z', 'Z')}`;
};
const nights: Sleep = { timeZone: 'Europe/Berlin', windows: [{ from: '22:00', to: '06:00' }] };
const workdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'] as const;

describe('a schedule', () => {
  it.each([
    ['2026-01-14T20:59:59Z', 'awake until 2026-01-14T21:00Z'],
    ['2026-01-14T21:00:00Z', 'asleep until 2026-01-15T05:00Z'],
    ['2026-01-15T04:59:59Z', 'asleep until 2026-01-15T05:00Z'],
    ['2026-01-15T05:00:00Z', 'awake until 2026-01-15T21:00Z'],
    ['2026-07-14T20:00:00Z', 'asleep until 2026-07-15T04:00Z'],
  ])('holds by the clock of its zone, in winter and in summer (%s)', (time, said) => {
    expect(asleep(nights, time)).toBe(said);
  });

  it('begins on its days, and joins windows that follow each other', () => {
    const windows: Sleep['windows'] = [
      { days: [...workdays], from: '20:00', to: '07:00' },
      { days: ['Sat', 'Sun'], from: '00:00', to: '00:00' },
      { days: ['Mon'], from: '00:00', to: '07:00' },
    ];
    const sleep: Sleep = { timeZone: 'UTC', windows };
    expect(asleep(sleep, '2026-01-16T21:00:00Z')).toBe('asleep until 2026-01-19T07:00Z');
    expect(asleep(sleep, '2026-01-19T12:00:00Z')).toBe('awake until 2026-01-19T20:00Z');
  });

  it('of one day waits for that day', () => {
    const windows: Sleep['windows'] = [{ days: ['Wed'], from: '12:00', to: '13:00' }];
    const sleep: Sleep = { timeZone: 'UTC', windows };
    expect(asleep(sleep, '2026-01-14T13:00:00Z')).toBe('awake until 2026-01-21T12:00Z');
  });

  it('of all hours sleeps for ever, without days it does not', () => {
    const always: Sleep = { timeZone: 'UTC', windows: [{ from: '08:00', to: '08:00' }] };
    expect(asleep(always, '2026-01-14T13:00:00Z')).toBe('asleep until for ever');
    const never: Sleep = { timeZone: 'UTC', windows: [{ days: [], from: '08:00', to: '09:00' }] };
    expect(asleep(never, '2026-01-14T08:30:00Z')).toBe('awake until for ever');
  });

  it('that is not there, or in a zone that nobody knows, lets nothing sleep', () => {
    expect(restAt(undefined, 0)).toEqual({ isAsleep: false, changesMs: undefined });
    const lost = { ...nights, timeZone: 'Europe/Atlantis' };
    expect(asleep(lost, '2026-01-14T22:00:00Z')).toBe('awake until for ever');
  });
});

describe('the night in which the clock is changed', () => {
  it.each([
    // put forward at 02:00 in Berlin, which is 01:00 UTC
    ['lasts an hour less', nights, '2026-03-28T21:00:00Z', 'asleep until 2026-03-29T04:00Z'],
    ['lasts an hour more', nights, '2026-10-24T20:00:00Z', 'asleep until 2026-10-25T05:00Z'],
    [
      'moves what the clock leaves out',
      { ...nights, windows: [{ from: '02:15', to: '02:45' }] },
      '2026-03-29T01:15:00Z',
      'asleep until 2026-03-29T01:45Z',
    ],
    [
      'leaves out what would end before it begins',
      { ...nights, windows: [{ from: '02:30', to: '03:15' }] },
      '2026-03-29T00:00:00Z',
      'awake until 2026-03-30T00:30Z',
    ],
    [
      'begins with the first time where the clock shows one twice',
      { ...nights, windows: [{ from: '02:30', to: '04:00' }] },
      '2026-10-25T00:30:00Z',
      'asleep until 2026-10-25T03:00Z',
    ],
  ])('%s', (_case, sleep, time, said) => {
    expect(asleep(sleep, time)).toBe(said);
  });
});

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'];
const clockTime = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 59))
  .map(([hour, minute]) => [hour, minute].map((n) => String(n).padStart(2, '0')).join(':'));
const week = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const windows = fc.array(
  fc.record(
    { days: fc.subarray([...week]), from: clockTime, to: clockTime },
    { requiredKeys: ['from', 'to'] },
  ),
  { minLength: 1, maxLength: 4 },
) as fc.Arbitrary<Sleep['windows']>;
const schedule = fc.record({ timeZone: fc.constantFrom(...zones), windows });
// the years 2026 and 2027, with all their changes of the clock
const instant = fc.integer({ min: 0, max: 2 * 365 * 24 * 4 }).map((quarters) => {
  return at('2026-01-01T00:00:00Z') + (quarters * HOUR_MS) / 4;
});

/** What the hands of the clock say, without a look at any instant but this. */
function saysClock({ timeZone, windows: all }: Sleep, nowMs: number): boolean {
  const shown = new Date(shownAt(nowMs, timeZone));
  const time = shown.toISOString().slice(11, 16);
  const [today, before] = [shown.getUTCDay(), (shown.getUTCDay() + 6) % 7];
  const isOn = (days: readonly string[] | undefined, day: number) =>
    days === undefined || days.includes(week[day] ?? '');
  return all.some(({ days, from, to }) =>
    from < to
      ? isOn(days, today) && from <= time && time < to
      : (isOn(days, today) && from <= time) || (isOn(days, before) && time < to),
  );
}

const offset = (zone: string, nowMs: number) => shownAt(nowMs, zone) - nowMs;

describe('every schedule', () => {
  it('is what the clock says, but near to a change of the clock', () => {
    fc.assert(
      fc.property(schedule, instant, (sleep, nowMs) => {
        const [one, other] = [nowMs - 2 * DAY_MS, nowMs + 2 * DAY_MS];
        fc.pre(offset(sleep.timeZone, one) === offset(sleep.timeZone, other));
        expect(restAt(sleep, nowMs).isAsleep).toBe(saysClock(sleep, nowMs));
      }),
      { numRuns: 500 },
    );
  });

  it('stays as it is until the instant that it tells, and is another then', () => {
    fc.assert(
      fc.property(schedule, instant, fc.double({ min: 0, max: 1, noNaN: true }), (...given) => {
        const [sleep, nowMs, part] = given;
        const { isAsleep, changesMs } = restAt(sleep, nowMs);
        const endMs = changesMs ?? nowMs + 7 * DAY_MS;
        expect(endMs).toBeGreaterThan(nowMs);
        const between = Math.floor(nowMs + part * (endMs - 1 - nowMs));
        expect(restAt(sleep, between).isAsleep).toBe(isAsleep);
        if (changesMs !== undefined) expect(restAt(sleep, changesMs).isAsleep).toBe(!isAsleep);
      }),
      { numRuns: 500 },
    );
  });
});
