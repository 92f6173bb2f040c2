// Random operations on a store, the same again for the same seed: few keys, so that they meet, and
// what is rare often enough.
// Used by `store-model.test.ts`.
import type { Batch, Change, Condition, Put } from '../../../server/store/change.ts';
import type { FeedRequest, ScanRequest } from '../../../server/store/store.ts';
import type { StoreModel } from './store-model.ts';

export type Operation =
  | { readonly kind: 'get'; readonly database: number; readonly key: string }
  /** Batches that are handed over at once; they are made in this order. */
  | { readonly kind: 'write'; readonly batches: readonly Batch[] }
  | { readonly kind: 'scan'; readonly request: ScanRequest }
  | { readonly kind: 'changes'; readonly request: FeedRequest }
  | { readonly kind: 'state' | 'reopen' }
  | { readonly kind: 'turn'; readonly byMs: number };

const DATABASES = [0, 1, 2_147_483_647];
const PREFIXES = ['', 'user/', 'ü', 'a', '\u{1F600}'];
const TYPES = ['text/plain; charset=utf-8', 'application/json', 'image/png'];
const KEYS_OF_PREFIX = 12;
const EXTREMES = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 62n, 0n];

/** A source of chance: 32 bits of state, good enough to choose by (mulberry32). */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Turns {
  /** One operation in so many lets time go on; 0: none does, and no entry ends. */
  readonly everyOperations: number;
}

export class RandomOperations {
  readonly #chance: () => number;
  readonly #model: StoreModel;
  readonly #turns: Turns;
  #ttls = 0;

  constructor(seed: number, model: StoreModel, turns: Turns) {
    this.#chance = chanceOf(seed);
    this.#model = model;
    this.#turns = turns;
  }

  next(): Operation {
    const { everyOperations } = this.#turns;
    if (everyOperations > 0 && this.#oneIn(everyOperations)) {
      return { kind: 'turn', byMs: 1 + this.#below(60_000) };
    }
    if (this.#oneIn(1_000)) return { kind: 'reopen' };
    const kind = this.#below(100);
    if (kind < 40) return { kind: 'get', ...this.#target() };
    if (kind < 88) return { kind: 'write', batches: this.#many(4, () => this.#batch()) };
    if (kind < 92) return { kind: 'scan', request: this.#scan() };
    if (kind < 98) return { kind: 'changes', request: this.#feed() };
    return { kind: 'state' };
  }

  #scan(): ScanRequest {
    const [database, prefix] = [this.#of(DATABASES), this.#of(PREFIXES)];
    return { database, prefix, limit: 1 + this.#below(40), withValues: this.#oneIn(2) };
  }

  #feed(): FeedRequest {
    const { revision } = this.#model;
    const afterRevision = this.#oneIn(4) ? 0 : Math.max(revision - this.#below(100), 0);
    const limit = 1 + this.#below(50);
    return { database: this.#of(DATABASES), afterRevision, limit, withValues: this.#oneIn(2) };
  }

  #batch(): Batch {
    if (!this.#oneIn(3)) return [this.#change(this.#target())];
    // often the same key more than once
    const places = this.#many(2, () => this.#target());
    return this.#many(6, () => this.#change(this.#oneIn(2) ? this.#target() : this.#of(places)));
  }

  #change(place: { database: number; key: string }): Change {
    const target = { ...place, condition: this.#oneIn(3) ? this.#condition(place) : undefined };
    const kind = this.#below(10);
    if (kind < 5) return { op: 'put', ...target, ...this.#content(), ...this.#end() };
    if (kind < 7) return { op: 'remove', ...target };
    if (kind === 9) return { op: 'check', ...target };
    const delta = this.#oneIn(8) ? this.#of(EXTREMES) : BigInt(this.#below(2_000) - 1_000);
    return { op: 'add', ...target, delta, ttlMs: this.#ttlMs() };
  }

  #target(): { database: number; key: string } {
    const key = `${this.#of(PREFIXES)}${this.#below(KEYS_OF_PREFIX)}`;
    return { database: this.#of(DATABASES), key };
  }

  #content() {
    const contentType = this.#of(TYPES);
    if (this.#oneIn(4)) return { value: Buffer.from(String(this.#below(100) - 50)), contentType };
    // some longer than what shares a statement, and than what a page of Postgres holds
    const length = this.#oneIn(100) ? 20_000 : this.#below(200);
    return { value: Buffer.alloc(length, this.#below(256)), contentType };
  }

  /** No two ends are alike, so that their order is known. Where no time is turned nothing ends. */
  #ttlMs(): number | undefined {
    if (this.#turns.everyOperations === 0 || !this.#oneIn(4)) return undefined;
    this.#ttls += 1;
    return 10_000 + this.#ttls;
  }

  /** A time to live, or a moment, which now and then is over. */
  #end(): Pick<Put, 'ttlMs' | 'expiresAtMs'> {
    if (this.#oneIn(20)) return { expiresAtMs: 1 + this.#below(1_000) };
    const ttlMs = this.#ttlMs();
    const isMoment = ttlMs !== undefined && this.#oneIn(2);
    return isMoment ? { expiresAtMs: this.#model.nowMs + ttlMs } : { ttlMs };
  }

  #condition({ database, key }: { database: number; key: string }): Condition {
    const known = this.#model.get(database, key)?.revision ?? this.#model.revision;
    const some = [known, known - 1, this.#below(this.#model.revision + 1)];
    const revisions = this.#oneIn(2) ? ('any' as const) : some;
    return this.#oneIn(2) ? { match: revisions } : { noneMatch: revisions };
  }

  #many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.#below(most) }, make);
  }

  #of<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }

  #oneIn(count: number): boolean {
    return this.#below(count) === 0;
  }

  #below(bound: number): number {
    return Math.floor(this.#chance() * bound);
  }
}
