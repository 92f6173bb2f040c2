// What is known of a store's revisions, from the answers to writes and from feeds: each stands for
// one change of one key, none comes twice, and none goes back. Used by `postgres-writes.ts`.
// Next: `feed-follower.ts` shows what a feed tells, `batch-load.ts` what was acknowledged.
import type { State } from './ledger.ts';

export interface Change {
  readonly key: string;
  readonly revision: number;
  /** Undefined: it was removed. */
  readonly value: State;
}

export class Revisions {
  readonly #changes = new Map<number, Change>();
  readonly #acknowledged = new Set<number>();
  #highest = 0;

  /** The highest one that was acknowledged so far. */
  get highest(): number {
    return this.#highest;
  }

  /** Notes a change of a write that was sent when `after` was the highest one. */
  acknowledge(change: Change, after: number): void {
    const { revision } = change;
    if (revision <= after) throw wrong(change, `came after ${after} was acknowledged`);
    if (this.#acknowledged.has(revision)) throw wrong(change, 'was given twice');
    this.see(change);
    this.#acknowledged.add(revision);
    this.#highest = Math.max(this.#highest, revision);
  }

  /** Notes what a feed has told. */
  see(change: Change): void {
    const known = this.#changes.get(change.revision) ?? change;
    if (known.key !== change.key || known.value !== change.value) {
      throw wrong(change, `stands for ${JSON.stringify(known)}, too`);
    }
    this.#changes.set(change.revision, known);
  }

  /** Throws where a feed that has told of these has left something out that was acknowledged. */
  expectTold(told: Told): void {
    for (const revision of this.#acknowledged) {
      const change = this.#changes.get(revision);
      if (change === undefined || told.has(change)) continue;
      throw wrong(change, 'was acknowledged, and no feed tells of it or of a later one of its key');
    }
  }
}

/** What one feed has told, in the order in which it did. */
export class Told {
  readonly #lastOf = new Map<string, number>();
  readonly #revisions = new Set<number>();
  #last = 0;

  /** The last revision that it told of. */
  get last(): number {
    return this.#last;
  }

  get count(): number {
    return this.#revisions.size;
  }

  add(change: Change): void {
    const { key, revision } = change;
    if (revision <= this.#last) throw wrong(change, `was told after ${this.#last}`);
    this.#last = revision;
    this.#revisions.add(revision);
    this.#lastOf.set(key, revision);
  }

  /** Whether it told of a change, or of a later one of its key, which may stand for it. */
  has({ key, revision }: Change): boolean {
    return this.#revisions.has(revision) || (this.#lastOf.get(key) ?? 0) > revision;
  }
}

const wrong = ({ key, revision, value }: Change, says: string): Error =>
  new Error(`revision ${revision} of ${key} (${value?.slice(0, 40) ?? 'removed'}) ${says}`);
