// What a rotation of keys has to do, given what a store holds: wrap keys anew, then seal entries
// anew that are under old data keys, then forget those. Pure, and the same for every engine.
// Next: `../store/rotation-steps.ts` does it in SQLite, a step at a time, and its namesake in
// `../store/postgres/` there.
import type { WrappedKey } from './key-ring.ts';

/** A key as the store keeps it, with where it comes from. */
export interface StoredKey extends WrappedKey {
  /**
   * The fingerprint of the key-encryption key under which it was made. Who had that one and the
   * database knows this key, whatever wraps it now.
   */
  readonly madeUnder: string;
}

/** What is to be done about the keys of a store. */
export interface KeyPlan {
  /** Keys that another key than the first of the file wraps. */
  readonly toWrap: readonly StoredKey[];
  /** Data keys that were made under another one: nothing shall be sealed with them in the end. */
  readonly outdatedIds: ReadonlySet<number>;
}

/** `firstKekId`: the fingerprint of the first key of the file. */
export function keyPlan(keys: readonly StoredKey[], firstKekId: string): KeyPlan {
  const outdated = keys.filter((key) => key.purpose === 'data' && key.madeUnder !== firstKekId);
  return {
    toWrap: keys.filter(({ kekId }) => kekId !== firstKekId),
    outdatedIds: new Set(outdated.map(({ id }) => id)),
  };
}

/** What has to be known of an entry to find its place in a step. */
export interface PassRow<Place> {
  /** By what the rows are in order. */
  readonly place: Place;
  readonly dataKeyId: number;
  readonly storedBytes: number;
}

export interface StepBounds {
  readonly rows: number;
  readonly bytes: number;
}

/** What one step works on. */
export interface PassStep<Row> {
  /** All rows that it gets past. */
  readonly rows: readonly Row[];
  /** Those of them that are to be sealed anew. */
  readonly outdated: readonly Row[];
}

/**
 * One walk over all entries, removed ones among them. What is written meanwhile is sealed with a
 * new key, so after the walk nothing is under an outdated key but what was left behind.
 */
export class ResealPass<Place> {
  readonly #outdatedIds: ReadonlySet<number>;
  readonly #inUse = new Set<number>();
  /** The rows up to here have been seen to; undefined: none has. */
  after: Place | undefined;
  seen = 0;
  /** Entries that do not open: they stay as they are, with their key. */
  damaged = 0;

  constructor(outdatedIds: ReadonlySet<number>) {
    this.#outdatedIds = outdatedIds;
  }

  get hasNothingToDo(): boolean {
    return this.#outdatedIds.size === 0;
  }

  /** The next step, out of the rows that come next; at least one of them where there is any. */
  stepOf<Row extends PassRow<Place>>(next: readonly Row[], bounds: StepBounds): PassStep<Row> {
    const outdated: Row[] = [];
    let bytes = 0;
    for (const [at, row] of next.entries()) {
      if (!this.#outdatedIds.has(row.dataKeyId)) continue;
      bytes += row.storedBytes;
      const isTooMuch = outdated.length >= bounds.rows || bytes > bounds.bytes;
      if (isTooMuch && outdated.length > 0) return { rows: next.slice(0, at), outdated };
      outdated.push(row);
    }
    return { rows: next, outdated };
  }

  /** To be told once a step is on disk, with those of its rows that could not be sealed anew. */
  done(step: PassStep<PassRow<Place>>, damaged: readonly PassRow<Place>[]): void {
    this.after = step.rows.at(-1)?.place ?? this.after;
    this.seen += step.rows.length;
    this.damaged += damaged.length;
    for (const { dataKeyId } of damaged) this.#inUse.add(dataKeyId);
  }

  /** At the end of the walk: the data keys that no entry needs any more. */
  unusedIds(): number[] {
    return [...this.#outdatedIds].filter((id) => !this.#inUse.has(id));
  }

  /** Those that stay, since what does not open may be sealed with them. */
  usedIds(): number[] {
    return [...this.#inUse];
  }
}

/** How far a rotation has come in this process. */
export interface RotationProgress {
  /** Rows that have been seen to, of all that there are. */
  readonly seen: number;
  /** Entries that do not open, so that they stay under their old key. */
  readonly damaged: number;
  readonly isOver: boolean;
}

/** What is left to rotate. */
export interface SealingVitals {
  /** Keys that the first key of the file wraps, and those that others do: they must stay in it. */
  readonly currentKeys: number;
  readonly otherKeys: number;
  /** At most so many entries are still sealed under older data keys, the damaged ones aside. */
  readonly pendingEntries: number;
  readonly damagedEntries: number;
}

/** `rows`: how many there are, removed ones among them; no row has to be looked at for this. */
export function sealingVitals(
  keys: readonly StoredKey[],
  firstKekId: string,
  rows: number,
  { seen, damaged, isOver }: RotationProgress,
): SealingVitals {
  const { toWrap, outdatedIds } = keyPlan(keys, firstKekId);
  const isPending = outdatedIds.size > 0 && !isOver;
  return {
    currentKeys: keys.length - toWrap.length,
    otherKeys: toWrap.length,
    pendingEntries: isPending ? Math.max(rows - seen, 0) : 0,
    damagedEntries: damaged,
  };
}
