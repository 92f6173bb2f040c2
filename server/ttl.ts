// How long an entry is to stay: seconds as callers write them, milliseconds as the store has them.
// Pure.
// Next: `store/change.ts`.
import { limits } from './limits.ts';

const SECONDS = /^(?<whole>0|[1-9]\d{0,12})(?:\.(?<rest>\d{1,3}))?$/;

/** The words for what a time to live may be. */
export const ttlBounds =
  `more than 0 and at most ${limits.ttlMsMax / 1000} seconds, ` +
  'written with at most three decimals';

/** The milliseconds of `DumbKV-TTL: <seconds>`; undefined where it is none. */
export function ttlMsOf(text: string): number | undefined {
  const groups = SECONDS.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const ms = Number(groups.whole) * 1000 + Number((groups.rest ?? '').padEnd(3, '0'));
  return ms >= 1 && ms <= limits.ttlMsMax ? ms : undefined;
}

/** The milliseconds of a number of seconds that has passed its schema. */
export const ttlMsOfSeconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.round(seconds * 1000);
