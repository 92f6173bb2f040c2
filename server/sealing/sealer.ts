// Turns a name and a value into what may be kept, and back: the only place where plain and sealed
// meet.
// Next: `../store/sqlite.ts` keeps the result.
import { randomBytes } from 'node:crypto';
import type { DataKey, KeepKey, KeyRing, WrappedKey } from './key-ring.ts';
import { fieldAssociatedData, lookupOf, nonceBytes, open, SealBrokenError, seal } from './seal.ts';

/** An entry as the store keeps it. */
export interface SealedEntry {
  readonly lookup: Uint8Array;
  readonly database: number;
  readonly dataKeyId: number;
  readonly expiresAtMs: number | null;
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

const SEALS_PER_ENTRY = 2;

export class Sealer {
  readonly #storeId: Uint8Array;
  readonly #ring: KeyRing;

  constructor(storeId: Uint8Array, ring: KeyRing) {
    this.#storeId = storeId;
    this.#ring = ring;
  }

  /** The column by which an entry is found: 32 bytes. */
  lookup(database: number, name: string): Buffer {
    return lookupOf(this.#ring.lookupKey, database, name);
  }

  /** The key that seals so many entries; `keep` is called when that needs a new one. */
  keyForEntries(count: number, keep: KeepKey): DataKey {
    return this.#ring.dataKeyForSealing(SEALS_PER_ENTRY * count, keep);
  }

  /** Seals an entry that never expires, with a key of `keyForEntries`. */
  sealEntry(database: number, name: string, value: Uint8Array, { id, key }: DataKey): SealedEntry {
    const lookup = this.lookup(database, name);
    const place = { storeId: this.#storeId, database, lookup, dataKeyId: id, expiresAtMs: null };
    const sealed = (plain: Uint8Array, field: 'name' | 'value') =>
      seal(key, plain, fieldAssociatedData(place, field), randomBytes(nonceBytes));
    return {
      lookup,
      database,
      dataKeyId: id,
      expiresAtMs: null,
      name: sealed(Buffer.from(name, 'utf8'), 'name'),
      value: sealed(value, 'value'),
    };
  }

  /** Takes keys that another thread has made, where one of this id is not known. */
  meetKey(id: number, readKeys: () => WrappedKey[]): void {
    if (!this.#ring.knows(id)) this.#ring.loadNew(readKeys());
  }

  /** Opens one field of an entry. Throws SealBrokenError. */
  openField(
    entry: Omit<SealedEntry, 'name' | 'value'>,
    field: 'name' | 'value',
    sealed: Uint8Array,
  ) {
    const key = this.#ring.dataKey(entry.dataKeyId);
    if (key === undefined) {
      throw new SealBrokenError(`the store has no data key ${entry.dataKeyId}`);
    }
    return open(key, sealed, fieldAssociatedData({ ...entry, storeId: this.#storeId }, field));
  }
}
