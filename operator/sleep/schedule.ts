// When an instance sleeps, told from its windows: now, and when that changes next. Pure;
// reconcile.ts asks with the time of each look, and looks again when it changes.
import type { Sleep } from '../../crds/sleep.ts';
import { instantOf, isTimeZone, shownAt } from './zoned-time.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const WEEK = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
/** Windows that begin within these days are looked at: a week comes again and again. */
const [DAYS_BACK, DAYS_AHEAD] = [2, 9];

/** What a schedule says of an instant. */
export interface Rest {
  isAsleep: boolean;
  /** When that changes; undefined where it does not within a week. */
  changesMs: number | undefined;
}

interface Span {
  fromMs: number;
  toMs: number;
}

/** What a schedule says now; in a time zone that nobody knows nothing sleeps. */
export function restAt(sleep: Sleep | undefined, nowMs: number): Rest {
  const awake = { isAsleep: false, changesMs: undefined };
  if (sleep === undefined || !isTimeZone(sleep.timeZone)) return awake;
  const spans = spansAround(sleep, nowMs);
  const end = endOfSleep(spans, nowMs);
  if (end > nowMs) {
    const isEndless = end - nowMs > (DAYS_AHEAD - 2) * DAY_MS;
    return { isAsleep: true, changesMs: isEndless ? undefined : end };
  }
  const starts = spans.map(({ fromMs }) => fromMs).filter((fromMs) => fromMs > nowMs);
  return { ...awake, changesMs: starts.length === 0 ? undefined : Math.min(...starts) };
}

/** The end of all windows that follow each other without a break; now where there is none. */
function endOfSleep(spans: readonly Span[], nowMs: number): number {
  let end = nowMs;
  for (const { fromMs, toMs } of spans) if (fromMs <= end && end < toMs) end = toMs;
  return end;
}

/** The windows of the days around, in the order in which they begin. */
function spansAround({ timeZone, windows }: Sleep, nowMs: number): Span[] {
  const today = Math.floor(shownAt(nowMs, timeZone) / DAY_MS) * DAY_MS;
  const spans: Span[] = [];
  for (let day = -DAYS_BACK; day <= DAYS_AHEAD; day += 1) {
    const midnight = today + day * DAY_MS;
    const name = WEEK[new Date(midnight).getUTCDay()] ?? 'Sun';
    for (const { days, from, to } of windows) {
      if (days !== undefined && !days.includes(name)) continue;
      const [begin, end] = [minutesOf(from) * MINUTE_MS, minutesOf(to) * MINUTE_MS];
      const fromMs = instantOf(midnight + begin, timeZone);
      const toMs = instantOf(midnight + end + (end <= begin ? DAY_MS : 0), timeZone);
      if (fromMs < toMs) spans.push({ fromMs, toMs });
    }
  }
  return spans.sort((one, other) => one.fromMs - other.fromMs);
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
