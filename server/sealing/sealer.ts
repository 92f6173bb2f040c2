// Turns a name and a value into what may be kept, and back: the only place where plain and sealed
// meet.
// Next: `../store/sqlite.ts` keeps the result.
import { randomBytes } from 'node:crypto';
import type { KeepKey, KeyRing } from './key-ring.ts';
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

  /** Seals an entry that never expires; `keep` is called when that needs a new data key. */
  sealEntry(database: number, name: string, value: Uint8Array, keep: KeepKey): SealedEntry {
    const lookup = this.lookup(database, name);
    const { id, key } = this.#ring.dataKeyForSealing(SEALS_PER_ENTRY, keep);
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
