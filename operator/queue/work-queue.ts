// The queue between watches and workers: a key waits in it at most once and is never with two
// workers at a time. Keys that failed come back after a delay (backoff.ts).
import { type Clock, systemClock } from '../clock.ts';
import { queueLimits } from '../limits.ts';
import { type BackoffLimits, type Bucket, fullBucket, itemDelayMs, reserve } from './backoff.ts';
import { Fifo } from './fifo.ts';
import { Pace, type PaceLimits } from './pace.ts';

/** What the queue tells of itself; times in seconds. */
export interface QueueHooks {
  depth(keys: number): void;
  added(): void;
  queued(waitedSeconds: number): void;
  worked(tookSeconds: number): void;
  retried(): void;
}

/** What a queue is made of; everything has a sound default. */
export interface QueueOptions {
  clock?: Clock;
  random?: () => number;
  limits?: BackoffLimits & PaceLimits;
  hooks?: QueueHooks;
}

const NO_HOOKS: QueueHooks = {
  depth() {},
  added() {},
  queued() {},
  worked() {},
  retried() {},
};

/** A deduplicating, delaying, rate-limited queue of keys. */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limits: BackoffLimits;
  readonly #pace: Pace;
  readonly #hooks: QueueHooks;
  /** Keys that need work: those ready, and those to come back when their worker is done. */
  readonly #dirty = new Set<string>();
  readonly #ready = new Fifo<string>();
  readonly #readySinceMs = new Map<string, number>();
  /** Keys with a worker, and since when. */
  readonly #processing = new Map<string, number>();
  readonly #delayed = new Map<string, { dueMs: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  /** Keys that wait for something that no watch reports: what it is, and how often in a row. */
  readonly #rechecks = new Map<string, { cause: string; times: number }>();
  readonly #waiters = new Fifo<(key: string | undefined) => void>();
  #bucket: Bucket;
  #closed = false;

  constructor(options: QueueOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#limits = options.limits ?? queueLimits;
    this.#pace = new Pace(options.limits ?? queueLimits);
    this.#hooks = options.hooks ?? NO_HOOKS;
    this.#bucket = fullBucket(this.#clock.nowMs(), this.#limits);
  }

  /** Keys that are ready for a worker. */
  get length(): number {
    return this.#ready.length;
  }

  /**
   * Marks a key as needing work, since something has happened; while it waits or is marked already,
   * this only has its rechecks begin anew.
   */
  add(key: string): void {
    this.#rechecks.delete(key);
    this.#mark(key);
  }

  #mark(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#makeReady(key);
  }

  /**
   * The next key, to be given back with done(); undefined once the queue is shut down.
   */
  get(): Promise<string | undefined> {
    const key = this.#ready.shift();
    if (key !== undefined) return Promise.resolve(this.#hand(key));
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Gives a key back; if it was added meanwhile, it is ready again at once. */
  done(key: string): void {
    const sinceMs = this.#processing.get(key);
    if (sinceMs === undefined) return;
    this.#processing.delete(key);
    this.#hooks.worked((this.#clock.nowMs() - sinceMs) / 1000);
    if (this.#dirty.has(key)) this.#makeReady(key);
  }

  /** Adds a key after a delay in milliseconds; of two delays of one key the earlier end counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    this.#hooks.retried();
    if (delayMs <= 0) this.#mark(key);
    else this.#delay(key, delayMs);
  }

  #delay(key: string, delayMs: number): void {
    const dueMs = this.#clock.nowMs() + delayMs;
    const waiting = this.#delayed.get(key);
    if (waiting !== undefined && waiting.dueMs <= dueMs) return;
    waiting?.cancel();
    const cancel = this.#clock.setTimer(() => this.#release(key), delayMs);
    this.#delayed.set(key, { dueMs, cancel });
  }

  /**
   * Adds a key that failed, after the longer of its own backoff and the wait for the shared
   * bucket.
   */
  addRateLimited(key: string): void {
    const failures = this.numRequeues(key);
    this.#failures.set(key, failures + 1);
    const ownDelayMs = itemDelayMs(failures, this.#random(), this.#limits);
    const { bucket, delayMs } = reserve(this.#bucket, this.#clock.nowMs(), this.#limits);
    this.#bucket = bucket;
    this.addAfter(key, Math.max(ownDelayMs, delayMs));
  }

  /**
   * Adds a key whose cause to wait no watch reports: later each time, as long as the cause stays
   * the same and nobody adds the key.
   */
  addRecheck(key: string, cause: string, baseDelayMs: number): void {
    this.#failures.delete(key);
    const before = this.#rechecks.get(key);
    const times = before?.cause === cause ? before.times : 0;
    if (!this.#closed) this.#rechecks.set(key, { cause, times: times + 1 });
    const limits = { ...this.#limits, itemBaseDelayMs: baseDelayMs };
    this.addAfter(key, itemDelayMs(times, this.#random(), limits));
  }

  /** Forgets the failures and the rechecks of a key. */
  forget(key: string): void {
    this.#failures.delete(key);
    this.#rechecks.delete(key);
  }

  /** How often a key has failed since it was last forgotten. */
  numRequeues(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** How long each key in work has been there, in seconds. */
  inProgressSeconds(): number[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#processing.values()].map((sinceMs) => (nowMs - sinceMs) / 1000);
  }

  /** Ends it: no key is taken, kept or handed out any more; those in work may be given back. */
  shutDown(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#dirty.clear();
    while (this.#ready.length > 0) this.#ready.shift();
    this.#hooks.depth(0);
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) {
      waiter(undefined);
    }
  }

  #release(key: string): void {
    this.#delayed.delete(key);
    this.#mark(key);
  }

  #makeReady(key: string): void {
    const nowMs = this.#clock.nowMs();
    const waitMs = this.#pace.waitMs(key, nowMs);
    if (waitMs > 0) {
      this.#dirty.delete(key);
      this.#delay(key, waitMs);
      return;
    }
    // counted once, however many events come while a key has to wait for its turn
    this.#hooks.added();
    this.#readySinceMs.set(key, nowMs);
    const waiter = this.#waiters.shift();
    if (waiter) {
      waiter(this.#hand(key));
      return;
    }
    this.#ready.push(key);
    this.#hooks.depth(this.#ready.length);
  }

  #hand(key: string): string {
    const nowMs = this.#clock.nowMs();
    this.#hooks.queued((nowMs - (this.#readySinceMs.get(key) ?? nowMs)) / 1000);
    this.#hooks.depth(this.#ready.length);
    this.#readySinceMs.delete(key);
    this.#dirty.delete(key);
    this.#processing.set(key, nowMs);
    this.#pace.take(key, nowMs);
    return key;
  }
}
