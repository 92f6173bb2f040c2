// The keys of one store: key-encryption keys from the file, and what they wrap: the lookup key and
// the data keys.
// Next: `sealer.ts` seals entries with them.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { limits } from '../limits.ts';
import { type SealingKey, sealingKeyBytes } from './key-file.ts';
import {
  type KeyPurpose,
  keyAssociatedData,
  nonceBytes,
  open,
  SealBrokenError,
  seal,
} from './seal.ts';

const FINGERPRINT = /^[0-9a-f]{32}$/;

/** A key as the store keeps it. */
export interface WrappedKey {
  readonly id: number;
  readonly purpose: KeyPurpose;
  /** The fingerprint of the key-encryption key that wraps it. */
  readonly kekId: string;
  readonly wrapped: Uint8Array;
}

/**
 * How the store keeps a new key: it gives it an id, calls `wrap` with it and keeps the result
 * durably.
 */
export type KeepKey = (
  purpose: KeyPurpose,
  kekId: string,
  wrap: (id: number) => Uint8Array,
) => number;

/** The file lacks a key that the store's keys are wrapped with. */
export class KeyNotInFileError extends Error {
  override readonly name = 'KeyNotInFileError';

  constructor(kekId: string) {
    super(`no key with the fingerprint ${kekId} is in the sealing key file`);
  }
}

/**
 * Looks whether a file holds all that the keys of a store are wrapped with. Throws
 * KeyNotInFileError; a fingerprint that is none is damage, which no file mends.
 */
export function expectKeks(wrapped: readonly WrappedKey[], keks: readonly SealingKey[]): void {
  const held = new Set(keks.map(({ id }) => id));
  const missing = wrapped.find(({ kekId }) => FINGERPRINT.test(kekId) && !held.has(kekId));
  if (missing !== undefined) throw new KeyNotInFileError(missing.kekId);
}

/** A data key with its id in the store. */
export interface DataKey {
  readonly id: number;
  readonly key: KeyObject;
}

export class KeyRing {
  readonly #storeId: Uint8Array;
  #sealingKekId = '';
  #keks: ReadonlyMap<string, KeyObject> = new Map();
  #dataKeys = new Map<number, KeyObject>();
  #lookupKey: KeyObject | undefined;
  #current: DataKey | undefined;
  #sealsLeft = 0;
  /** The ids of the keys that were there, damaged or not. */
  #met = new Set<number>();

  /** `storeId`: the 16 bytes of the store's id; `keks`: the keys of the file, at least one. */
  constructor(storeId: Uint8Array, keks: readonly SealingKey[]) {
    this.#storeId = storeId;
    this.useKeks(keks);
  }

  /** Takes the keys of the file as it is now, in place of those before; at least one. */
  useKeks(keks: readonly SealingKey[]): void {
    const [first] = keks;
    if (first === undefined) throw new Error('a key ring needs a key-encryption key');
    // who has the old file may know the data key that seals until now
    if (first.id !== this.#sealingKekId) this.#current = undefined;
    this.#sealingKekId = first.id;
    this.#keks = new Map(keks.map(({ id, bytes }) => [id, createSecretKey(bytes)]));
  }

  /**
   * Takes the keys that the store holds, and gives the ids of data keys that are damaged: what they
   * sealed is lost, all else is not. Without its lookup key nothing in a store can be found: then
   * it throws SealBrokenError. Throws KeyNotInFileError where the file lacks a key.
   */
  load(wrapped: readonly WrappedKey[]): number[] {
    const damaged = wrapped.filter((row) => !this.#take(row)).map(({ id }) => id);
    if (this.#lookupKey === undefined) throw new SealBrokenError('the store holds no lookup key');
    return damaged;
  }

  /**
   * The same in place of all that was known: it may be another copy of the store, whose ids stand
   * for other keys. What it does not hold seals nothing. Where it throws, all stays as it was.
   */
  reload(wrapped: readonly WrappedKey[]): void {
    const before = [this.#dataKeys, this.#met, this.#lookupKey] as const;
    [this.#dataKeys, this.#met, this.#lookupKey] = [new Map(), new Set(), undefined];
    try {
      this.load(wrapped);
    } catch (error) {
      [this.#dataKeys, this.#met, this.#lookupKey] = before;
      throw error;
    }
    const { id = 0, key } = this.#current ?? {};
    if (key && !this.#dataKeys.get(id)?.equals(key)) this.retire();
  }

  #take(row: WrappedKey): boolean {
    try {
      const key = secretOf(this.#bytesOf(row));
      this.#met.add(row.id);
      if (row.purpose === 'lookup') this.#lookupKey = key;
      else this.#dataKeys.set(row.id, key);
      return true;
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      this.#met.add(row.id);
      if (row.purpose === 'lookup') {
        throw new SealBrokenError('the lookup key does not open', { cause: error });
      }
      return false;
    }
  }

  /** Makes the lookup key of a new store. */
  createLookupKey(keep: KeepKey): void {
    this.#lookupKey = this.#create('lookup', keep).key;
  }

  get lookupKey(): KeyObject {
    if (this.#lookupKey === undefined) throw new Error('the key ring is not loaded');
    return this.#lookupKey;
  }

  /** The data key with this id, or undefined if the store has none such. */
  dataKey(id: number): KeyObject | undefined {
    return this.#dataKeys.get(id);
  }

  /**
   * Takes what the store holds beside what is known: another thread or replica may have made new
   * keys. Throws KeyNotInFileError once all others are taken.
   */
  loadNew(wrapped: readonly WrappedKey[]): void {
    let missing: KeyNotInFileError | undefined;
    for (const row of wrapped.filter(({ id }) => !this.knows(id))) {
      try {
        this.#take(row);
      } catch (error) {
        if (!(error instanceof KeyNotInFileError)) throw error;
        missing = error;
      }
    }
    if (missing !== undefined) throw missing;
  }

  /** Whether a key of this id was met, damaged or not: keys need not come in the order of ids. */
  knows(id: number): boolean {
    return this.#met.has(id);
  }

  /**
   * The key for the next `seals` seals. The first call in a process makes a new one, and so does
   * the end of a key's allowance; `keep` must have it on disk before this returns.
   */
  dataKeyForSealing(seals: number, keep: KeepKey): DataKey {
    if (this.#current === undefined || this.#sealsLeft < seals) {
      this.#current = this.#create('data', keep);
      this.#dataKeys.set(this.#current.id, this.#current.key);
      this.#sealsLeft = limits.sealsPerDataKeyMax;
    }
    this.#sealsLeft -= seals;
    return this.#current;
  }

  /** The id of the data key that seals; undefined: the next seal makes a new one. */
  get sealingKeyId(): number | undefined {
    return this.#current?.id;
  }

  /** What is sealed from now on is sealed with a new data key. */
  retire(): void {
    this.#current = undefined;
  }

  /** Forgets a data key; if the store has kept it all the same, it is met like any other. */
  forget(id: number): void {
    if (this.#current?.id === id) this.retire();
    this.#dataKeys.delete(id);
    this.#met.delete(id);
  }

  /** The id of the key-encryption key that wraps what is made now: the first of the file. */
  get sealingKekId(): string {
    return this.#sealingKekId;
  }

  /** The ids of all keys of the file. */
  get kekIds(): string[] {
    return [...this.#keks.keys()];
  }

  /** The same key, wrapped by the first of the file. Throws SealBrokenError, KeyNotInFileError. */
  rewrap<K extends WrappedKey>(row: K): K {
    const bytes = this.#bytesOf(row);
    const wrapped = this.#wrap(row.purpose, row.id, bytes);
    bytes.fill(0);
    return { ...row, kekId: this.#sealingKekId, wrapped };
  }

  #wrap(purpose: KeyPurpose, id: number, bytes: Uint8Array): Buffer {
    const associatedData = keyAssociatedData(this.#storeId, purpose, id);
    return seal(this.#kek(this.#sealingKekId), bytes, associatedData, randomBytes(nonceBytes));
  }

  #create(purpose: KeyPurpose, keep: KeepKey): DataKey {
    const bytes = randomBytes(sealingKeyBytes);
    const id = keep(purpose, this.#sealingKekId, (newId) => this.#wrap(purpose, newId, bytes));
    this.#met.add(id);
    return { id, key: secretOf(bytes) };
  }

  #bytesOf({ id, purpose, kekId, wrapped }: WrappedKey): Buffer {
    if (!FINGERPRINT.test(kekId)) throw new SealBrokenError('the fingerprint of its key is none');
    const associatedData = keyAssociatedData(this.#storeId, purpose, id);
    return open(this.#kek(kekId), wrapped, associatedData);
  }

  #kek(id: string): KeyObject {
    const kek = this.#keks.get(id);
    if (kek === undefined) throw new KeyNotInFileError(id);
    return kek;
  }
}

/** Moves key bytes into a KeyObject and clears them. */
function secretOf(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
