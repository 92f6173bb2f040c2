// How often each key may be worked on, whoever asks for it: a burst, and then steadily. Without it
// two who undo each other's writes, or a webhook that alters each of them, would keep a worker busy
// for ever. The work queue (work-queue.ts) asks it before it hands a key out.
import { type Bucket, fullBucket, reserve } from './backoff.ts';

export interface PaceLimits {
  keyPerSecond: number;
  keyBurst: number;
}

/** A token bucket for each key that was worked on lately. */
export class Pace {
  readonly #limits: { bucketPerSecond: number; bucketBurst: number };
  /** The key that was worked on longest ago comes first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ keyPerSecond, keyBurst }: PaceLimits) {
    this.#limits = { bucketPerSecond: keyPerSecond, bucketBurst: keyBurst };
  }

  /** For how many keys something is remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** How many whole milliseconds the key has to wait before it may be worked on. */
  waitMs(key: string, nowMs: number): number {
    return Math.ceil(reserve(this.#bucketOf(key, nowMs), nowMs, this.#limits).delayMs);
  }

  /** The key is worked on. */
  take(key: string, nowMs: number): void {
    const { bucket } = reserve(this.#bucketOf(key, nowMs), nowMs, this.#limits);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forgetRested(nowMs);
  }

  #bucketOf(key: string, nowMs: number): Bucket {
    return this.#buckets.get(key) ?? fullBucket(nowMs, this.#limits);
  }

  #forgetRested(nowMs: number): void {
    const { bucketPerSecond, bucketBurst } = this.#limits;
    const restMs = (bucketBurst / bucketPerSecond) * 1000;
    for (const [key, { atMs }] of this.#buckets) {
      if (nowMs - atMs <= restMs) return;
      this.#buckets.delete(key);
    }
  }
}
