// What a batch comes to, given what is there: conditions, revisions, expiry, counters. Pure, and
// the same for every engine.
// Next: the engine writes what was decided.

import type {
  Add,
  Batch,
  Change,
  ChangeResult,
  Condition,
  Content,
  Put,
  Refusal,
  RefusalReason,
  Revisions,
} from './change.ts';
import { addedCounter, counterContent, counterOf } from './counter.ts';

/** An entry that is there: neither removed nor expired. */
export interface LiveEntry {
  readonly revision: number;
  /** Milliseconds since 1970, or null for never. */
  readonly expiresAtMs: number | null;
  /** What it holds; asked for counters only. */
  readonly content: () => Content;
}

/** What is to be written for the change at `at` of the batch. */
export interface EntryWrite {
  readonly at: number;
  readonly revision: number;
  /** Undefined: the entry is removed. */
  readonly next: (Content & { readonly expiresAtMs: number | null }) | undefined;
}

export interface Setting {
  /** The entry that the change at `at` is about, before the batch. */
  readonly entryAt: (at: number) => LiveEntry | undefined;
  /** The revision of the store before the batch. */
  readonly revision: number;
  readonly nowMs: number;
}

/** A batch that can be made, with what has to be written for it. */
export interface Decision {
  readonly results: readonly ChangeResult[];
  readonly writes: readonly EntryWrite[];
  readonly refusal?: undefined;
}

/** A batch that cannot be made. */
export interface Refused {
  readonly refusal: Refusal;
  readonly results?: undefined;
  readonly writes?: undefined;
}

/** Decides a batch: what each change comes to, or why none is made. */
export function decide(batch: Batch, setting: Setting): Decision | Refused {
  const results: ChangeResult[] = [];
  const writes: EntryWrite[] = [];
  const entries = new Entries(batch, setting);
  for (const [at, change] of batch.entries()) {
    const current = entries.at(at);
    const revision = setting.revision + writes.length + 1;
    const made = decideOne(change, current, { ...setting, revision });
    if (typeof made === 'string') return { refusal: { at, reason: made } };
    results.push(made.result);
    if (made.next === 'unchanged') continue;
    writes.push({ at, revision, next: made.next });
    entries.set(at, revision, made.next);
  }
  return { results, writes };
}

/** What is there for each change, those before it in the batch counted in. */
class Entries {
  readonly #batch: Batch;
  readonly #setting: Setting;
  readonly #changed = new Map<string, LiveEntry | undefined>();

  constructor(batch: Batch, setting: Setting) {
    this.#batch = batch;
    this.#setting = setting;
  }

  at(at: number): LiveEntry | undefined {
    const name = this.#nameAt(at);
    return this.#changed.has(name) ? this.#changed.get(name) : this.#setting.entryAt(at);
  }

  set(at: number, revision: number, next: EntryWrite['next']): void {
    // nothing comes after the last one, and most batches have only one
    if (at === this.#batch.length - 1) return;
    const entry = next && { revision, expiresAtMs: next.expiresAtMs, content: () => next };
    this.#changed.set(this.#nameAt(at), entry);
  }

  #nameAt(at: number): string {
    const change = this.#batch[at];
    return this.#batch.length === 1 ? '' : `${change?.database}/${change?.key}`;
  }
}

interface Made {
  readonly result: ChangeResult;
  readonly next: EntryWrite['next'] | 'unchanged';
}

interface At {
  readonly revision: number;
  readonly nowMs: number;
}

function decideOne(change: Change, current: LiveEntry | undefined, at: At): Made | RefusalReason {
  // first of all: a condition that does not hold says nothing new of what is over
  if (change.op === 'put' && hasEnded(change, at)) return 'ended';
  if (!holds(change.condition, current)) return 'condition';
  if (change.op === 'put') {
    return stored(change, current, at, change.expiresAtMs ?? endOf(change, null, at));
  }
  if (change.op === 'add') return added(change, current, at);
  const isRemoved = change.op === 'remove' && current !== undefined;
  const revision = isRemoved ? at.revision : 0;
  if (change.op === 'remove') {
    const result = { revision, created: false, expiresAtMs: null };
    return { result, next: isRemoved ? undefined : 'unchanged' };
  }
  const found = { revision: current?.revision ?? 0, expiresAtMs: current?.expiresAtMs ?? null };
  return { result: { ...found, created: false }, next: 'unchanged' };
}

function stored(
  content: Content,
  current: LiveEntry | undefined,
  { revision }: At,
  expiresAtMs: number | null,
): Made {
  const { value, contentType } = content;
  const result = { revision, created: current === undefined, expiresAtMs };
  return { result, next: { value, contentType, expiresAtMs } };
}

function added(change: Add, current: LiveEntry | undefined, at: At): Made | RefusalReason {
  const before = current === undefined ? 0n : counterOf(current.content().value);
  if (before === undefined) return 'no-counter';
  const counter = addedCounter(before, change.delta);
  if (counter === undefined) return 'counter-overflow';
  const end = endOf(change, current?.expiresAtMs ?? null, at);
  const made = stored(counterContent(counter), current, at, end);
  return { ...made, result: { ...made.result, counter } };
}

const endOf = ({ ttlMs }: Put | Add, otherwise: number | null, { nowMs }: At): number | null =>
  ttlMs === undefined ? otherwise : nowMs + ttlMs;

const hasEnded = ({ expiresAtMs }: Put, { nowMs }: At): boolean =>
  expiresAtMs !== undefined && expiresAtMs <= nowMs;

/** Whether a condition holds of what is there. */
export function holds(
  condition: Condition | undefined,
  current: Pick<LiveEntry, 'revision'> | undefined,
): boolean {
  if (condition === undefined) return true;
  const { match, noneMatch } = condition;
  const isMet = match === undefined || isOneOf(match, current?.revision);
  return isMet && (noneMatch === undefined || !isOneOf(noneMatch, current?.revision));
}

const isOneOf = (revisions: Revisions, revision: number | undefined): boolean =>
  revision !== undefined && (revisions === 'any' || revisions.includes(revision));
