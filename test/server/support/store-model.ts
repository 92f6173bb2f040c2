// What a store must answer, as plain maps: written apart from the server, so that both would have
// to be wrong in the same way.
// Used by `store-model.test.ts`, with the operations of `random-operations.ts`.
import type { Batch, Change, Condition, WriteResult } from '../../../server/store/change.ts';
import type { FeedRequest, StoreState } from '../../../server/store/store.ts';

interface Kept {
  readonly value: string;
  readonly contentType: string;
  readonly revision: number;
  readonly expiresAtMs: number | null;
}

interface Gone {
  readonly revision: number;
  readonly kind: 'remove' | 'expire';
}

/** An entry as the model tells it; values as hex, so that a difference can be read. */
export interface ModelEntry extends Kept {
  readonly key: string;
}

export interface ModelEvent {
  readonly kind: 'put' | 'remove' | 'expire';
  readonly key: string;
  readonly revision: number;
}

const TEXT = 'text/plain; charset=utf-8';
const MIN = -9_223_372_036_854_775_808n;
const MAX = 9_223_372_036_854_775_807n;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A number exactly as a counter writes it; undefined for anything else. */
function numberIn(hex: string): bigint | undefined {
  const text = Buffer.from(hex, 'hex').toString('latin1');
  if (text === '' || text.length > 20 || /[^-0-9]/.test(text) || !/\d/.test(text)) return undefined;
  try {
    const number = BigInt(text);
    return String(number) === text && number >= MIN && number <= MAX ? number : undefined;
  } catch {
    return undefined;
  }
}

export class StoreModel {
  /** By database, then by key. */
  #kept = new Map<number, Map<string, Kept>>();
  #gone = new Map<number, Map<string, Gone>>();
  #revision = 0;
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get revision(): number {
    return this.#revision;
  }

  get(database: number, key: string): Kept | undefined {
    return this.#kept.get(database)?.get(key);
  }

  /** All or nothing: what a batch has done is taken back where one change cannot be made. */
  write(batch: Batch): WriteResult {
    const before = { kept: copied(this.#kept), gone: copied(this.#gone), revision: this.#revision };
    const results = [];
    for (const [at, change] of batch.entries()) {
      const made = this.#make(change);
      if (typeof made === 'string') {
        this.#kept = before.kept;
        this.#gone = before.gone;
        this.#revision = before.revision;
        return { refusal: { at, reason: made } };
      }
      results.push(made);
    }
    return { results };
  }

  /** Time goes on, and what has ended is removed in the order of its end. */
  turn(byMs: number): void {
    this.#nowMs += byMs;
    const ended = [...this.#kept].flatMap(([database, entries]) =>
      [...entries].flatMap(([key, { expiresAtMs }]) =>
        expiresAtMs !== null && expiresAtMs <= this.#nowMs ? [{ database, key, expiresAtMs }] : [],
      ),
    );
    ended.sort((a, b) => a.expiresAtMs - b.expiresAtMs);
    for (const { database, key } of ended) this.#remove(database, key, 'expire');
  }

  entries(database: number, prefix: string): ModelEntry[] {
    const all = [...(this.#kept.get(database) ?? [])].map(([key, kept]) => ({ key, ...kept }));
    return all.filter(({ key }) => key.startsWith(prefix));
  }

  changes({ database, afterRevision, limit }: FeedRequest) {
    const kept = [...(this.#kept.get(database) ?? [])];
    const gone = [...(this.#gone.get(database) ?? [])];
    const events: ModelEvent[] = [
      ...kept.map(([key, { revision }]) => ({ kind: 'put' as const, key, revision })),
      ...gone.map(([key, { kind, revision }]) => ({ kind, key, revision })),
    ];
    const after = events.filter(({ revision }) => revision > afterRevision);
    after.sort((a, b) => a.revision - b.revision);
    const page = after.slice(0, limit);
    const isFull = page.length === limit;
    const revision = isFull ? (page.at(-1)?.revision ?? 0) : this.#revision;
    return { events: page, revision, hasMore: isFull };
  }

  state(): Omit<StoreState, 'storedBytes'> {
    const countOf = (all: Map<number, Map<string, unknown>>) =>
      [...all.values()].reduce((sum, { size }) => sum + size, 0);
    const [keys, removals] = [countOf(this.#kept), countOf(this.#gone)];
    return { revision: this.#revision, feedFloor: 0, keys, removals };
  }

  #make(change: Change) {
    const { database, key, op } = change;
    const found = this.get(database, key);
    const givenMs = op === 'put' ? change.expiresAtMs : undefined;
    if (givenMs !== undefined && givenMs <= this.#nowMs) return 'ended' as const;
    if (!isMet(change.condition, found?.revision)) return 'condition' as const;
    if (op === 'check') {
      const { revision = 0, expiresAtMs = null } = found ?? {};
      return { revision, created: false, expiresAtMs };
    }
    if (op === 'remove') {
      if (found !== undefined) this.#remove(database, key, 'remove');
      const revision = found === undefined ? 0 : this.#revision;
      return { revision, created: false, expiresAtMs: null };
    }
    const endMs = change.ttlMs === undefined ? undefined : this.#nowMs + change.ttlMs;
    if (op === 'put')
      return this.#keep(change, hexOf(change.value), change.contentType, givenMs ?? endMs ?? null);
    const before = found === undefined ? 0n : numberIn(found.value);
    if (before === undefined) return 'no-counter' as const;
    const counter = before + change.delta;
    if (counter < MIN || counter > MAX) return 'counter-overflow' as const;
    const value = hexOf(Buffer.from(String(counter)));
    return { ...this.#keep(change, value, TEXT, endMs ?? found?.expiresAtMs ?? null), counter };
  }

  #keep({ database, key }: Change, value: string, contentType: string, expiresAtMs: number | null) {
    const created = this.get(database, key) === undefined;
    this.#revision += 1;
    const revision = this.#revision;
    within(this.#kept, database).set(key, { value, contentType, revision, expiresAtMs });
    this.#gone.get(database)?.delete(key);
    return { revision, created, expiresAtMs };
  }

  #remove(database: number, key: string, kind: Gone['kind']): void {
    this.#revision += 1;
    this.#kept.get(database)?.delete(key);
    within(this.#gone, database).set(key, { revision: this.#revision, kind });
  }
}

function isMet(condition: Condition | undefined, revision: number | undefined): boolean {
  const names = (wanted: 'any' | readonly number[]) =>
    revision !== undefined && (wanted === 'any' || wanted.includes(revision));
  const { match, noneMatch } = condition ?? {};
  return (match === undefined || names(match)) && (noneMatch === undefined || !names(noneMatch));
}

function within<T>(all: Map<number, Map<string, T>>, database: number): Map<string, T> {
  const found = all.get(database) ?? new Map<string, T>();
  all.set(database, found);
  return found;
}

const copied = <T>(all: Map<number, Map<string, T>>): Map<number, Map<string, T>> =>
  new Map([...all].map(([database, entries]) => [database, new Map(entries)]));
