// The keys of the store, of which every replica makes its own: those of others are met when
// something that they sealed is read.
// Next: `writer.ts` keeps a new one with the first group that it seals.
import { ReplyError } from '../../errors.ts';
import {
  type KeepKey,
  KeyNotInFileError,
  type KeyRing,
  type WrappedKey,
} from '../../sealing/key-ring.ts';
import { SealBrokenError } from '../../sealing/seal.ts';
import { type MaySealRow, selectKeys } from './key-statements.ts';
import type { Pool } from './pool.ts';

interface Sealed {
  readonly dataKeyId: number;
}

export class ReplicaKeys {
  readonly #ring: KeyRing;
  readonly #pool: Pick<Pool, 'read'>;
  #reading: Promise<KeyNotInFileError | undefined> | undefined;

  constructor(ring: KeyRing, pool: Pick<Pool, 'read'>) {
    this.#ring = ring;
    this.#pool = pool;
  }

  /**
   * The rows that `read` gives, with their keys here where the store has them. Reads twice where it
   * has not: a rotation may have sealed them anew in between, and forgotten their old key. Rejects
   * with ReplyError.
   */
  async met<Row extends Sealed>(read: () => Promise<Row[]>): Promise<Row[]> {
    const rows = await read();
    if (await this.meet(rows)) return rows;
    const again = await read();
    await this.meet(again);
    return again;
  }

  /** Whether the keys of these rows are here, or in the store and then here. */
  async meet(rows: readonly Sealed[]): Promise<boolean> {
    const areKnown = () => rows.every(({ dataKeyId }) => this.#ring.knows(dataKeyId));
    if (areKnown()) return true;
    // one that is under way may have begun before the newest of them was there, or fail
    const begunBefore = this.#reading;
    await begunBefore?.catch(() => {});
    if (areKnown()) return true;
    // of all who come to this one reads
    if (this.#reading === begunBefore) this.#reading = this.#read();
    const cause = await this.#reading;
    if (areKnown()) return true;
    if (cause === undefined) return false;
    throw new ReplyError('DKV_STORE_UNAVAILABLE', undefined, { cause });
  }

  /** Gives what the key file lacks that another replica has already. */
  async #read(): Promise<KeyNotInFileError | undefined> {
    return takeNew(this.#ring, await this.#pool.read(selectKeys()))
      .values()
      .next().value;
  }
}

/** Keys that this file does not open, and why. */
export type ClosedKeys = ReadonlyMap<number, KeyNotInFileError>;

/** Takes what the store holds beside what is known; gives what another replica's file opens. */
export function takeNew(ring: KeyRing, stored: readonly WrappedKey[]): ClosedKeys {
  try {
    ring.loadNew(stored);
    return new Map();
  } catch (error) {
    if (!(error instanceof KeyNotInFileError)) throw error;
    const closed = stored.filter(({ id }) => !ring.knows(id));
    return new Map(closed.map(({ id }) => [id, error]));
  }
}

/** The data key that this replica seals with; a new one until the commit that keeps it. */
export class OwnKey {
  readonly #ring: KeyRing;
  /** An id that nobody else gets, for the next key. */
  id: number | undefined;
  /** The key that no commit is known to have kept. */
  unsaved: WrappedKey | undefined;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  readonly keep: KeepKey = (purpose, kekId, wrap) => {
    const { id } = this;
    if (id === undefined) throw new Error('there is no id for a new key');
    this.unsaved = { id, purpose, kekId, wrapped: wrap(id) };
    this.id = undefined;
    return id;
  };

  /** The key that the store has, of which is to be asked under the lock whether it may seal. */
  get keptId(): number | undefined {
    const { sealingKeyId } = this.#ring;
    return sealingKeyId === this.unsaved?.id ? undefined : sealingKeyId;
  }

  /** Takes what the store says of that key: with one that is retired nothing more is sealed. */
  see([found]: readonly MaySealRow[]): void {
    if (found?.maySeal !== true) this.#ring.retire();
  }

  /** To be told what a commit has kept. */
  saved(kept: WrappedKey | undefined): void {
    if (this.unsaved === kept) this.unsaved = undefined;
  }

  /**
   * To be called for each new connection, since it may lead to a server that has forgotten what it
   * did not have to keep. It may give an id again; what was sealed with a second key of the same
   * id, or with one that is no longer there, would be lost. `stored`: the keys that are there; one
   * that is known may stand for another now.
   */
  giveUp(stored: readonly WrappedKey[]): void {
    this.#ring.retire();
    if (this.unsaved !== undefined) this.#ring.forget(this.unsaved.id);
    this.id = undefined;
    this.unsaved = undefined;
    try {
      this.#ring.reload(stored);
    } catch (error) {
      // then what is known is better than nothing
      if (!(error instanceof KeyNotInFileError || error instanceof SealBrokenError)) throw error;
    }
  }
}
