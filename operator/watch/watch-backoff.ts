// How long a reflector waits after a failure: doubling, capped, fully jittered, and forgotten
// after a watch that lived long enough. The reflector (reflector.ts) asks it before each new try.

/** The bounds of the wait, in milliseconds. */
export interface WatchBackoffLimits {
  backoffBaseMs: number;
  backoffMaxMs: number;
  backoffMinMs: number;
  healthyMs: number;
}

/** The wait after the `failures`-th failure in a row (the first is 1); `random` lies in [0, 1). */
export function watchDelayMs(failures: number, random: number, limits: WatchBackoffLimits): number {
  const doubledMs = limits.backoffBaseMs * 2 ** Math.max(0, failures - 1);
  return Math.max(limits.backoffMinMs, random * Math.min(doubledMs, limits.backoffMaxMs));
}

/** The number of failures in a row after another one that came `livedMs` after its beginning. */
export function failuresAfter(
  failures: number,
  livedMs: number,
  limits: WatchBackoffLimits,
): number {
  return livedMs >= limits.healthyMs ? 1 : failures + 1;
}
