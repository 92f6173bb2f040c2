// What a group comes to in SQLite: each batch is decided and written in turn, all within the
// transaction that the writer has begun.
// Next: `statements.ts`.
import type { DataKey } from '../sealing/key-ring.ts';
import type { PlainEntry, Sealer } from '../sealing/sealer.ts';
import type { Batch, Change, WriteResult } from './change.ts';
import { decide, type EntryWrite, type LiveEntry } from './decide.ts';
import type { Lookups } from './lookups.ts';
import type { HeadRow, Removal, Writes } from './statements.ts';
import type { StoreState } from './store.ts';

export interface TransactionParts {
  readonly run: Writes;
  readonly sealer: Sealer;
  readonly lookups: Lookups;
  /** Seals what is put; undefined where nothing is. */
  readonly key: DataKey | undefined;
  readonly nowMs: number;
  /** No room is left: removals leave nothing behind, and no feed can go on from before them. */
  readonly leavesNothing?: boolean;
}

/** A change of a batch with what is there before it. */
interface Step {
  readonly change: Change;
  readonly lookup: Buffer;
  readonly head: HeadRow | undefined;
}

/** Makes the batches one after the other; a refused one writes nothing. */
export class Transaction {
  readonly #parts: TransactionParts;
  #state: StoreState;

  constructor(parts: TransactionParts) {
    this.#parts = parts;
    this.#state = parts.run.state();
  }

  /** Makes all batches, and keeps the state that the store has then. */
  make(batches: readonly Batch[]): WriteResult[] {
    const before = this.#state;
    const results = batches.map((batch) => this.#makeOne(batch));
    if (this.#state !== before) this.#parts.run.setState(this.#state);
    return results;
  }

  /** What the batch would come to, with nothing written. */
  wouldWrite(batch: Batch): { readonly result: WriteResult; readonly writes: boolean } {
    const decision = this.#decide(
      batch,
      batch.map((change) => this.#stepOf(change)),
    );
    const writes = decision.refusal === undefined && decision.writes.length > 0;
    return { result: decision, writes };
  }

  #makeOne(batch: Batch): WriteResult {
    const steps = batch.map((change) => this.#stepOf(change));
    const decision = this.#decide(batch, steps);
    if (decision.refusal !== undefined) return decision;
    for (const write of decision.writes) {
      const step = steps[write.at];
      // a key that the batch has changed already stands otherwise than the step was told
      if (step !== undefined)
        this.#write(batch.length === 1 ? step : this.#stepOf(step.change), write);
    }
    return { results: decision.results };
  }

  #stepOf(change: Change): Step {
    const { run, lookups } = this.#parts;
    const lookup = lookups.of(change.database, change.key);
    return { change, lookup, head: run.head(change.database, lookup) };
  }

  #decide(batch: Batch, steps: readonly Step[]) {
    const { nowMs } = this.#parts;
    const entryAt = (at: number) => {
      const step = steps[at];
      return step && this.#liveEntry(step);
    };
    return decide(batch, { entryAt, revision: this.#state.revision, nowMs });
  }

  #liveEntry({ change: { database }, lookup, head }: Step): LiveEntry | undefined {
    const { run, sealer, nowMs } = this.#parts;
    if (head === undefined || head.removedAtMs !== null) return undefined;
    if (head.expiresAtMs !== null && head.expiresAtMs <= nowMs) return undefined;
    const content = () => {
      const row = run.value(database, lookup);
      if (row === undefined) throw new Error('an entry went while it was read');
      return sealer.openValue({ ...row, database, lookup }, row.value);
    };
    return { revision: head.revision, expiresAtMs: head.expiresAtMs, content };
  }

  #write({ change: { database, key }, lookup, head }: Step, { revision, next }: EntryWrite): void {
    const { run, sealer, key: dataKey, nowMs } = this.#parts;
    this.#uncount(head);
    this.#state = { ...this.#state, revision };
    if (next === undefined) {
      this.#remove(database, lookup, { removedAtMs: nowMs, revision });
      return;
    }
    if (dataKey === undefined) throw new Error('there is no key to seal with');
    const plain = { ...next, database, key, lookup };
    if (head !== undefined && keepsName(head, plain, dataKey)) {
      const value = sealer.sealValue(plain, dataKey);
      run.replaceValue(head.id, value, revision);
      this.#countIn(head.nameBytes + value.byteLength);
    } else {
      const entry = sealer.sealEntry(plain, dataKey);
      run.put(entry, revision);
      this.#countIn(entry.name.byteLength + entry.value.byteLength);
    }
  }

  #countIn(storedBytes: number): void {
    this.#state = counted(this.#state, { keys: 1, storedBytes });
  }

  #remove(database: number, lookup: Uint8Array, removal: Removal): void {
    const { run, leavesNothing } = this.#parts;
    if (leavesNothing) {
      run.erase(database, lookup);
      this.#state = { ...this.#state, feedFloor: removal.revision };
    } else {
      run.bury(database, lookup, removal);
      this.#state = counted(this.#state, { removals: 1 });
    }
  }

  /** What a row counted for is gone with it. */
  #uncount(head: HeadRow | undefined): void {
    if (head === undefined) return;
    const { removedAtMs, nameBytes, valueBytes } = head;
    const storedBytes = -nameBytes - valueBytes;
    const less = removedAtMs === null ? { keys: -1, storedBytes } : { removals: -1 };
    this.#state = counted(this.#state, less);
  }
}

/** Whether the sealed name of an entry stands: nothing changes that it is bound to. */
const keepsName = (head: HeadRow, { expiresAtMs }: PlainEntry, { id }: DataKey): boolean =>
  head.removedAtMs === null && head.dataKeyId === id && head.expiresAtMs === expiresAtMs;

/** The state with so much more, or less, in it. */
export const counted = (
  state: StoreState,
  { keys = 0, storedBytes = 0, removals = 0 }: Partial<StoreState>,
): StoreState => ({
  revision: state.revision,
  feedFloor: state.feedFloor,
  keys: state.keys + keys,
  storedBytes: state.storedBytes + storedBytes,
  removals: state.removals + removals,
});
