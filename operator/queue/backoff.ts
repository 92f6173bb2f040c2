// How long what failed waits: exponential for each key, and a token bucket over all of them. Pure;
// the work queue (work-queue.ts) keeps the counts and the bucket.

/**
 * The bounds of the delays; `itemJitter` is the random part added on top, 0.1 for up to a tenth.
 */
export interface BackoffLimits {
  itemBaseDelayMs: number;
  itemMaxDelayMs: number;
  itemJitter: number;
  bucketPerSecond: number;
  bucketBurst: number;
}

/** A delay that doubles each time, from the first to the longest. */
export function doubledMs(times: number, baseMs: number, maxMs: number): number {
  return Math.min(baseMs * 2 ** times, maxMs);
}

/** The delay of a key that has failed `failures` times before; `random` lies in [0, 1). */
export function itemDelayMs(failures: number, random: number, limits: BackoffLimits): number {
  const jitteredMs = limits.itemBaseDelayMs * (1 + limits.itemJitter * random);
  return doubledMs(failures, jitteredMs, limits.itemMaxDelayMs);
}

/** A token bucket at one moment; fewer than no tokens are reservations of the future. */
export interface Bucket {
  tokens: number;
  atMs: number;
}

type BucketLimits = Pick<BackoffLimits, 'bucketPerSecond' | 'bucketBurst'>;

/** A bucket that is full. */
export function fullBucket(nowMs: number, limits: BucketLimits): Bucket {
  return { tokens: limits.bucketBurst, atMs: nowMs };
}

/** Takes one token, now or as soon as there is one: the bucket after it and the wait until then. */
export function reserve(
  bucket: Bucket,
  nowMs: number,
  limits: BucketLimits,
): { bucket: Bucket; delayMs: number } {
  const perMs = limits.bucketPerSecond / 1000;
  const filled = bucket.tokens + (nowMs - bucket.atMs) * perMs;
  const tokens = Math.min(limits.bucketBurst, filled) - 1;
  return { bucket: { tokens, atMs: nowMs }, delayMs: tokens < 0 ? -tokens / perMs : 0 };
}
