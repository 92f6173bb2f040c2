// Opened entries that are asked for often, in the one process that writes the store: so that a hot
// read needs no lookup, no query and no opening of seals. An entry that is being changed is read
// from the store by everybody until the change is over.
// Next: `opened-store.ts` asks here first.
import { limits } from '../limits.ts';
import type { Batch } from './change.ts';
import type { Entry } from './store.ts';

interface Slot {
  readonly entry: Entry;
  /** Asked for since it was last passed over. */
  wasUsed: boolean;
}

interface Place {
  readonly database: number;
  readonly key: string;
}

export class EntryCache {
  readonly #slots = new Map<string, Slot>();
  /** How many changes of a key are under way. */
  readonly #changing = new Map<string, number>();
  readonly #bytesMax: number;
  #bytes = 0;
  #changes = 0;

  constructor(bytesMax: number = limits.entryCacheBytesMax) {
    this.#bytesMax = bytesMax;
  }

  get(database: number, key: string): Entry | undefined {
    const slot = this.#slots.get(nameOf(database, key));
    if (slot === undefined) return undefined;
    slot.wasUsed = true;
    return slot.entry;
  }

  /** To be given to `keep` with what is read now. */
  get moment(): number {
    return this.#changes;
  }

  /**
   * Keeps what was read at that moment, if nothing can have changed since. What ends by itself is
   * not kept: its end would have to be found here as well.
   */
  keep({ database, key }: Place, entry: Entry, moment: number): void {
    const name = nameOf(database, key);
    const isStale = moment !== this.#changes || this.#changing.has(name);
    const isUnfit = entry.expiresAtMs !== null || sizeOf(name, entry) > limits.cachedEntryBytesMax;
    if (isStale || isUnfit || this.#slots.has(name)) return;
    this.#slots.set(name, { entry, wasUsed: false });
    this.#bytes += sizeOf(name, entry);
    this.#makeRoom();
  }

  /** From now until `end`, what the batch may change is not kept. */
  begin(batch: Batch): void {
    for (const change of batch) {
      if (change.op === 'check') continue;
      const name = nameOf(change.database, change.key);
      this.#drop(name);
      this.#changing.set(name, (this.#changing.get(name) ?? 0) + 1);
    }
  }

  /** The batch is over, whatever became of it. */
  end(batch: Batch): void {
    this.#changes += 1;
    for (const change of batch) {
      if (change.op === 'check') continue;
      const name = nameOf(change.database, change.key);
      const left = (this.#changing.get(name) ?? 0) - 1;
      if (left > 0) this.#changing.set(name, left);
      else this.#changing.delete(name);
    }
  }

  /** What lies in the store may be another copy of it: nothing that was read before counts. */
  clear(): void {
    this.#changes += 1;
    this.#slots.clear();
    this.#bytes = 0;
  }

  /** The oldest go first, but those that were used since get a second chance. */
  #makeRoom(): void {
    for (const [name, slot] of this.#slots) {
      if (this.#bytes <= this.#bytesMax) return;
      if (!slot.wasUsed) {
        this.#drop(name);
        continue;
      }
      slot.wasUsed = false;
      this.#slots.delete(name);
      this.#slots.set(name, slot);
    }
  }

  #drop(name: string): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#slots.delete(name);
    this.#bytes -= sizeOf(name, slot.entry);
  }
}

const nameOf = (database: number, key: string): string => `${database}/${key}`;

/** About what a slot takes in memory. */
const sizeOf = (name: string, { value }: Entry): number =>
  2 * name.length + value.byteLength + limits.cachedEntryOverheadBytes;
