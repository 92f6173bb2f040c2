// What a group comes to: every batch is decided in turn over what was read of all its keys at once,
// and what stands at the end is written at once. Pure but for the seals.
// Next: `writer.ts` reads before it, and writes what it gives.
import type { ReplyErrorCode } from '../../errors.ts';
import { type DataKey, KeyNotInFileError } from '../../sealing/key-ring.ts';
import { SealBrokenError } from '../../sealing/seal.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import type { Batch, Change, Content, Outcome } from '../change.ts';
import { decide, type EntryWrite, type LiveEntry } from '../decide.ts';
import type { StoreState } from '../store.ts';
import { counted } from '../transaction.ts';
import type { ClosedKeys } from './keys.ts';
import type { BuriedRow, KnownRow, LockedRow, Target, WrittenRow } from './statements.ts';

/** A key of the group, with what is known of it and what becomes of it. */
interface Slot extends Target {
  readonly key: string;
  wantsValue: boolean;
  known: KnownRow | undefined;
  live: LiveEntry | undefined;
  /** What the last change leaves; undefined: nothing was changed. */
  final: { readonly revision: number; readonly next: EntryWrite['next'] } | undefined;
  /** What the group put last, though it may have been removed since. */
  lastPut: EntryWrite['next'];
}

/** What has to be written for a group. */
export interface GroupWrites {
  readonly written: readonly WrittenRow[];
  readonly buried: readonly BuriedRow[];
  readonly state: StoreState;
}

/** A value that is longer than any counter, where nobody asks for more of it. */
const LONG_VALUE: Content = { value: Buffer.alloc(64), contentType: '' };
const NO_VALUE = Buffer.alloc(0);

export class Group {
  readonly #batches: readonly Batch[];
  readonly #sealer: Sealer;
  /** One for each key, in the order in which they come first. */
  readonly #slots = new Map<string, Slot>();
  readonly #slotsOf: Slot[][];
  #closed: ClosedKeys = new Map();

  constructor(batches: readonly Batch[], sealer: Sealer) {
    this.#batches = batches;
    this.#sealer = sealer;
    this.#slotsOf = batches.map((batch) => batch.map((change) => this.#slotFor(change)));
  }

  /** The keys that the group is about, and whether what they hold is asked for. */
  get targets(): readonly (Target & { readonly wantsValue: boolean })[] {
    return [...this.#slots.values()];
  }

  /** How many entries it seals at the most. */
  get puts(): number {
    return this.#batches.flat().filter(({ op }) => op === 'put' || op === 'add').length;
  }

  /** Decides all batches, given what is there for `targets`, and the keys that cannot be had. */
  decide(
    known: readonly KnownRow[],
    { revision, nowMs }: LockedRow,
    closed: ClosedKeys,
  ): Outcome[] {
    this.#closed = closed;
    const slots = [...this.#slots.values()];
    for (const row of known) {
      const slot = slots[row.at - 1];
      if (slot === undefined) continue;
      slot.known = row;
      slot.live = this.#liveEntry(slot, row, nowMs);
    }
    let last = revision;
    return this.#batches.map((batch, at) => {
      const outcome = this.#decideOne(batch, this.#slotsOf[at] ?? [], last, nowMs);
      last = outcome.revision;
      return outcome.outcome;
    });
  }

  /** What stands at the end, sealed with `key`; undefined: nothing has changed. */
  writes(locked: LockedRow, key: DataKey | undefined): GroupWrites | undefined {
    const changed = [...this.#slots.values()].filter(({ final }) => final !== undefined);
    if (changed.length === 0) return undefined;
    const written: WrittenRow[] = [];
    const buried: BuriedRow[] = [];
    let state: StoreState = locked;
    for (const slot of changed) {
      const row = this.#writtenRow(slot, key, locked.nowMs);
      if (row === undefined)
        buried.push({ ...targetOf(slot), revision: slot.final?.revision ?? 0 });
      else written.push(row);
      state = counted(state, differenceOf(slot.known, row));
      state = { ...state, revision: Math.max(state.revision, slot.final?.revision ?? 0) };
    }
    return { written, buried, state };
  }

  #slotFor(change: Change): Slot {
    const { database, key, op } = change;
    const name = `${database}/${key}`;
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      const lookup = this.#sealer.lookup(database, key);
      const nothing = { known: undefined, live: undefined, final: undefined, lastPut: undefined };
      slot = { database, key, lookup, wantsValue: false, ...nothing };
      this.#slots.set(name, slot);
    }
    if (op === 'add') slot.wantsValue = true;
    return slot;
  }

  #liveEntry(slot: Slot, row: KnownRow, nowMs: number): LiveEntry | undefined {
    const { revision, expiresAtMs, removedAtMs, value } = row;
    if (removedAtMs !== null) return undefined;
    if (expiresAtMs !== null && expiresAtMs <= nowMs) return undefined;
    const place = { ...targetOf(slot), dataKeyId: row.dataKeyId, expiresAtMs };
    const content = () => {
      const why = this.#closed.get(row.dataKeyId);
      if (why !== undefined) throw why;
      return value === null ? LONG_VALUE : this.#sealer.openValue(place, value);
    };
    return { revision, expiresAtMs, content };
  }

  #decideOne(
    batch: Batch,
    slots: readonly Slot[],
    revision: number,
    nowMs: number,
  ): { outcome: Outcome; revision: number } {
    try {
      const entryAt = (at: number) => slots[at]?.live;
      const decision = decide(batch, { entryAt, revision, nowMs });
      if (decision.refusal !== undefined) return { outcome: decision, revision };
      for (const write of decision.writes) apply(slots[write.at], write);
      const { results, writes } = decision;
      return { outcome: { results }, revision: revision + writes.length };
    } catch (cause) {
      // a counter that does not open: the other batches are made all the same
      return { outcome: { code: unopenedCodeOf(cause), cause }, revision };
    }
  }

  /** The whole row; undefined where it is enough to bury the one that is there. */
  #writtenRow(slot: Slot, key: DataKey | undefined, nowMs: number): WrittenRow | undefined {
    const { database, lookup, final, lastPut } = slot;
    if (final === undefined || lastPut === undefined) return undefined;
    if (key === undefined) throw new Error('there is no key to seal with');
    const isGone = final.next === undefined;
    const content = { ...lastPut, value: isGone ? NO_VALUE : lastPut.value };
    const entry = this.#sealer.sealEntry({ ...content, database, lookup, key: slot.key }, key);
    return {
      ...entry,
      lookup,
      revision: final.revision,
      removedAtMs: isGone ? nowMs : null,
      value: isGone ? NO_VALUE : entry.value,
    };
  }
}

/** Damaged, or sealed by a replica whose key file is ahead. Throws what is neither. */
function unopenedCodeOf(cause: unknown): ReplyErrorCode {
  if (cause instanceof SealBrokenError) return 'DKV_ENTRY_UNREADABLE';
  if (cause instanceof KeyNotInFileError) return 'DKV_STORE_UNAVAILABLE';
  throw cause;
}

const targetOf = ({ database, lookup }: Target): Target => ({ database, lookup });

function apply(slot: Slot | undefined, { revision, next }: EntryWrite): void {
  if (slot === undefined) throw new Error('a write without its change');
  slot.final = { revision, next };
  slot.lastPut = next ?? slot.lastPut;
  slot.live = next && { revision, expiresAtMs: next.expiresAtMs, content: () => next };
}

/** What a row counts for, before and after; `row` undefined: it was buried. */
function differenceOf(known: KnownRow | undefined, row: WrittenRow | undefined) {
  const before = weightOf(known?.removedAtMs, known?.storedBytes ?? 0);
  const bytes = row === undefined ? 0 : row.name.byteLength + row.value.byteLength;
  const after = row === undefined ? weightOf(0, 0) : weightOf(row.removedAtMs, bytes);
  return {
    keys: after.keys - before.keys,
    storedBytes: after.storedBytes - before.storedBytes,
    removals: after.removals - before.removals,
  };
}

/** `removedAtMs` undefined: there is no row. */
function weightOf(removedAtMs: number | null | undefined, storedBytes: number) {
  if (removedAtMs === undefined) return { keys: 0, storedBytes: 0, removals: 0 };
  if (removedAtMs !== null) return { keys: 0, storedBytes: 0, removals: 1 };
  return { keys: 1, storedBytes, removals: 0 };
}
