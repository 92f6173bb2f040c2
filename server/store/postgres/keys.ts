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
import type { Pool } from './pool.ts';
import { selectKeys } from './statements.ts';

export class ReplicaKeys {
  readonly #ring: KeyRing;
  readonly #pool: Pick<Pool, 'read'>;
  #reading: Promise<KeyNotInFileError | undefined> | undefined;

  constructor(ring: KeyRing, pool: Pick<Pool, 'read'>) {
    this.#ring = ring;
    this.#pool = pool;
  }

  /** Has the keys of these rows, where the store has them. Rejects with ReplyError. */
  async meet(rows: readonly { readonly dataKeyId: number }[]): Promise<void> {
    const areKnown = () => rows.every(({ dataKeyId }) => this.#ring.knows(dataKeyId));
    if (areKnown()) return;
    // one that is under way may have begun before the newest of them was there, or fail
    await this.#reading?.catch(() => {});
    if (areKnown()) return;
    this.#reading = this.#read();
    const cause = await this.#reading;
    if (cause === undefined || areKnown()) return;
    throw new ReplyError('DKV_STORE_UNAVAILABLE', undefined, { cause });
  }

  /** Gives what a key file lacks that another replica has already. */
  async #read(): Promise<KeyNotInFileError | undefined> {
    const keys = await this.#pool.read(selectKeys());
    try {
      this.#ring.loadNew(keys);
      return undefined;
    } catch (error) {
      if (error instanceof KeyNotInFileError) return error;
      throw error;
    }
  }
}

/** A new key between its making and the commit that keeps it. */
export class NewKey {
  /** An id that nobody else gets, for the next key. */
  id: number | undefined;
  /** The key that no commit is known to have kept. */
  unsaved: WrappedKey | undefined;

  readonly keep: KeepKey = (purpose, kekId, wrap) => {
    const { id } = this;
    if (id === undefined) throw new Error('there is no id for a new key');
    this.unsaved = { id, purpose, kekId, wrapped: wrap(id) };
    this.id = undefined;
    return id;
  };

  /**
   * To be called for each new connection, since it may lead to a server that has forgotten what it
   * did not have to keep. It may give an id again; what was sealed with a second key of the same
   * id, or with one that is no longer there, would be lost.
   */
  giveUp(ring: KeyRing): void {
    ring.retire();
    if (this.unsaved !== undefined) ring.forget(this.unsaved.id);
    this.id = undefined;
    this.unsaved = undefined;
  }
}
