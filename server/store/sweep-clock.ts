// When the sweep runs: once the next entry ends, in steps with pauses between them, and never while
// there is nothing to do.
// Next: `sweep.ts`.
import type { Batch, Change } from './change.ts';
import type { Writer } from './writer.ts';

export class SweepClock {
  readonly #writer: Writer;
  readonly #swept: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Infinity;

  /** `swept` is called after a step that ended entries. */
  constructor(writer: Writer, swept: () => void) {
    this.#writer = writer;
    this.#swept = swept;
    this.#arm();
  }

  /** To be told of each group: what it holds may end sooner than all before. */
  after(batches: readonly Batch[]): void {
    if (batches.some((batch) => batch.some(isToBeSwept))) this.#arm();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Unless a step comes sooner anyway: writes that go on and on must not put it off. */
  #arm(delayMs = this.#writer.nextSweepMs()): void {
    if (delayMs === undefined) return;
    const dueMs = performance.now() + delayMs;
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => this.#step(), delayMs);
    this.#timer.unref();
  }

  #step(): void {
    this.#dueMs = Infinity;
    const { ended, againMs } = this.#writer.sweep();
    if (ended > 0) this.#swept();
    this.#arm(againMs);
  }
}

/** Whether a change leaves something that ends, or is to be forgotten. */
const isToBeSwept = (change: Change): boolean =>
  change.op === 'remove' ||
  ('ttlMs' in change && change.ttlMs !== undefined) ||
  ('expiresAtMs' in change && change.expiresAtMs !== undefined);
