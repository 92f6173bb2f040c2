// Turns a name and a value into what may be kept, and back: the only place where plain and sealed
// meet.
// Next: `../store/sqlite.ts` keeps the result.
import { contentBytes, contentOf, textType } from './content.ts';
import type { DataKey, KeepKey, KeyRing, WrappedKey } from './key-ring.ts';
import { Nonces } from './nonces.ts';
import {
  contentFormat,
  fieldAssociatedData,
  lookupOf,
  open,
  SealBrokenError,
  type SealedField,
  type SealFormat,
  type SealPlace,
  seal,
  sealFormat,
} from './seal.ts';

/** Where a sealed field stands in its store. */
export type EntryPlace = Omit<SealPlace, 'storeId'>;

/** An entry as the store keeps it. */
export interface SealedEntry extends EntryPlace {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** An entry before it is sealed. */
export interface PlainEntry extends Omit<EntryPlace, 'dataKeyId'> {
  readonly key: string;
  readonly value: Uint8Array;
  readonly contentType: string;
}

const SEALS_PER_ENTRY = 2;

export class Sealer {
  /** The keys that it seals and opens with. */
  readonly ring: KeyRing;
  readonly #storeId: Uint8Array;
  readonly #nonces = new Nonces();

  constructor(storeId: Uint8Array, ring: KeyRing) {
    this.#storeId = storeId;
    this.ring = ring;
  }

  /** The column by which an entry is found: 32 bytes. */
  lookup(database: number, name: string): Buffer {
    return lookupOf(this.ring.lookupKey, database, name);
  }

  /** The key that seals so many entries; `keep` is called when that needs a new one. */
  keyForEntries(count: number, keep: KeepKey): DataKey {
    return this.ring.dataKeyForSealing(SEALS_PER_ENTRY * count, keep);
  }

  /** Seals an entry with a key of `keyForEntries`. */
  sealEntry(entry: PlainEntry, { id, key }: DataKey): SealedEntry {
    const { database, lookup, expiresAtMs } = entry;
    const place = { storeId: this.#storeId, database, lookup, dataKeyId: id, expiresAtMs };
    const bound = fieldAssociatedData(place, 'name');
    const name = seal(key, Buffer.from(entry.key, 'utf8'), bound, this.#nonces.next());
    const value = this.sealValue(entry, { id, key });
    return { lookup, database, dataKeyId: id, expiresAtMs, name, value };
  }

  /** The value alone, as `sealEntry` seals it. */
  sealValue(entry: PlainEntry, { id, key }: DataKey): Buffer {
    const { database, lookup, expiresAtMs } = entry;
    const place = { storeId: this.#storeId, database, lookup, dataKeyId: id, expiresAtMs };
    const bound = fieldAssociatedData(place, 'value', contentFormat);
    return seal(key, contentBytes(entry.value, entry.contentType), bound, this.#nonces.next());
  }

  /**
   * The same entry under another key, byte for byte as long. Of what was removed only the name is
   * there. Throws SealBrokenError.
   */
  reseal<E extends SealedEntry>(entry: E, { id, key }: DataKey): E {
    const place = { ...entry, storeId: this.#storeId, dataKeyId: id };
    const again = (field: SealedField, sealed: Uint8Array) => {
      const format = sealed[0] === contentFormat ? contentFormat : sealFormat;
      const plain = this.#open(entry, field, format, sealed);
      return seal(key, plain, fieldAssociatedData(place, field, format), this.#nonces.next());
    };
    const value = entry.value.byteLength === 0 ? entry.value : again('value', entry.value);
    return { ...entry, dataKeyId: id, name: again('name', entry.name), value };
  }

  /** Takes keys that another thread has made, where one of this id is not known. */
  meetKey(id: number, readKeys: () => WrappedKey[]): void {
    if (!this.ring.knows(id)) this.ring.loadNew(readKeys());
  }

  /** Opens the name of an entry. Throws SealBrokenError. */
  openName(place: EntryPlace, sealed: Uint8Array): string {
    return this.#open(place, 'name', sealFormat, sealed).toString('utf8');
  }

  /** Opens what an entry holds. Throws SealBrokenError. */
  openValue(place: EntryPlace, sealed: Uint8Array): { value: Buffer; contentType: string } {
    if (sealed[0] === sealFormat) {
      return { value: this.#open(place, 'value', sealFormat, sealed), contentType: textType };
    }
    return contentOf(this.#open(place, 'value', contentFormat, sealed));
  }

  #open(place: EntryPlace, field: SealedField, format: SealFormat, sealed: Uint8Array): Buffer {
    const key = this.ring.dataKey(place.dataKeyId);
    if (key === undefined) {
      throw new SealBrokenError(`the store has no data key ${place.dataKeyId}`);
    }
    const bound = { ...place, storeId: this.#storeId };
    return open(key, sealed, fieldAssociatedData(bound, field, format));
  }
}
