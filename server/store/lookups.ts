// The lookups of names that were written lately: those who write a name once mostly write it again,
// and a digest costs as much as a query.
// Next: `transaction.ts` finds entries by them.
import { limits } from '../limits.ts';
import type { Sealer } from '../sealing/sealer.ts';

/** Keeps what it was asked for last, and a second time as much of what was before. */
export class Lookups {
  readonly #sealer: Pick<Sealer, 'lookup'>;
  readonly #countMax: number;
  #young = new Map<string, Buffer>();
  #old = new Map<string, Buffer>();

  constructor(sealer: Pick<Sealer, 'lookup'>, countMax: number = limits.lookupsKeptMax) {
    this.#sealer = sealer;
    this.#countMax = countMax;
  }

  /** As `Sealer.lookup` has it; not to be changed. */
  of(database: number, name: string): Buffer {
    const place = `${database}/${name}`;
    const young = this.#young.get(place);
    if (young !== undefined) return young;
    const lookup = this.#old.get(place) ?? this.#sealer.lookup(database, name);
    if (name.length <= limits.lookupKeyCharactersMax) this.#keep(place, lookup);
    return lookup;
  }

  #keep(place: string, lookup: Buffer): void {
    if (this.#young.size >= this.#countMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(place, lookup);
  }
}
