// Between instants and what a clock in a time zone shows. Pure; schedule.ts asks it where a window
// begins and ends.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Whether a name is one of a time zone that is known here. */
export function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/**
 * What the clock shows at an instant, as the instant at which a clock of UTC shows the same: days
 * of it are whole, and can be counted.
 */
export function shownAt(instantMs: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(instantMs);
  const at = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * The instant at which the clock shows something: the first one where it does so twice; where it
 * never does, since the clock is put forward, as much later as it is put forward.
 */
export function instantOf(shownMs: number, timeZone: string): number {
  const offset = (instantMs: number) => shownAt(instantMs, timeZone) - instantMs;
  const [before, after] = [shownMs - offset(shownMs - DAY_MS), shownMs - offset(shownMs + DAY_MS)];
  const fitting = [before, after].filter((instant) => shownAt(instant, timeZone) === shownMs);
  return fitting.length === 0 ? before : Math.min(...fitting);
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(timeZone);
  if (known !== undefined) return known;
  const numeric = 'numeric';
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar: 'gregory', hourCycle: 'h23', year: numeric, month: numeric },
    ...{ day: numeric, hour: numeric, minute: numeric, second: numeric },
  });
  FORMATS.set(timeZone, format);
  return format;
}
