// What is remembered of children that do not stay as they were written: how often each was written
// in a row, and how long it is left alone now. update.ts asks before each update.
import { contentionLimits } from '../limits.ts';
import { doubledMs } from '../queue/backoff.ts';
import type { Trouble } from './trouble.ts';

/** What is known of a child since it had to be brought to what is desired. */
export interface Memory {
  /** What was desired; another wish is another matter. */
  readonly wish: string;
  /** How often in a row it had to be written. */
  readonly writes: number;
  readonly trouble: Trouble | undefined;
  /** From when on it may be written again, and from when on nothing of this counts any more. */
  readonly dueMs: number;
  readonly endMs: number;
}

/** Which child: the key of its DumbKV, and its kind and name. */
export interface ChildKey {
  owner: string;
  child: string;
}

/** The memory of one leadership; a new one tries everything once more. */
export class Contention {
  readonly #nowMs: () => number;
  readonly #owners = new Map<string, Map<string, Memory>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** What is known of a child that was written with this very wish not long ago. */
  recall({ owner, child }: ChildKey, wish: string): Memory | undefined {
    const memory = this.#owners.get(owner)?.get(child);
    return memory?.wish === wish && this.#nowMs() < memory.endMs ? memory : undefined;
  }

  /** Whether it is too early to write a child of which this is known. */
  isTooEarly(memory: Memory | undefined): memory is Memory {
    return memory !== undefined && this.#nowMs() < memory.dueMs;
  }

  /** Remembers a write, and what is wrong with the child now. */
  noteWrite(key: ChildKey, wish: string, trouble: Trouble | undefined): void {
    const { immediateWrites, baseDelayMs, maxDelayMs, calmMs } = contentionLimits;
    const before = this.recall(key, wish);
    // what was undone once will be the next time; and a policy that is gone leaves no grudge
    const isMended = before?.trouble?.reason === 'Undone' && trouble === undefined;
    const least = trouble === undefined ? 1 : immediateWrites;
    const writes = isMended ? 1 : Math.max((before?.writes ?? 0) + 1, least);
    const beyond = writes - immediateWrites;
    const pauseMs = beyond < 0 ? 0 : doubledMs(beyond, baseDelayMs, maxDelayMs);
    const nowMs = this.#nowMs();
    const times = { dueMs: nowMs + pauseMs, endMs: nowMs + calmMs };
    const children = this.#owners.get(key.owner) ?? new Map<string, Memory>();
    children.set(key.child, { wish, writes, trouble, ...times });
    this.#owners.set(key.owner, children);
  }

  /** In how many seconds a child may be written again, or has stayed as asked for long enough. */
  nextSeconds(owner: string): number | undefined {
    const waits = [...(this.#owners.get(owner)?.values() ?? [])]
      .flatMap(({ dueMs, endMs, trouble }) => (trouble === undefined ? [dueMs] : [dueMs, endMs]))
      .map((atMs) => atMs - this.#nowMs())
      .filter((waitMs) => waitMs > 0);
    return waits.length === 0 ? undefined : Math.min(...waits) / 1000;
  }

  /** Lets go of the children of a DumbKV that is gone. */
  forget(owner: string): void {
    this.#owners.delete(owner);
  }
}
