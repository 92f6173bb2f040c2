// The writer with what it does by itself, in the thread where it is: entries end, keys rotate.
// Next: `writer.ts`; `sweep-clock.ts` and `rotation-clock.ts` say when.
import type { SealingKey } from '../sealing/key-file.ts';
import { expectKeks } from '../sealing/key-ring.ts';
import type { RotationProgress } from '../sealing/rotation.ts';
import type { Batch, Outcome } from './change.ts';
import { LogClock } from './log-clock.ts';
import { RotationClock } from './rotation-clock.ts';
import { SweepClock } from './sweep-clock.ts';
import type { Writer } from './writer.ts';

/** Told of what nobody asked for. */
export interface WriterTold {
  /** Entries were ended. */
  swept(): void;
  rotated(progress: RotationProgress): void;
}

export class TendedWriter {
  readonly #writer: Writer;
  readonly #log: LogClock;
  readonly #sweep: SweepClock;
  readonly #rotation: RotationClock;

  constructor(writer: Writer, told: WriterTold) {
    this.#writer = writer;
    this.#log = new LogClock(writer);
    this.#sweep = new SweepClock(writer, () => told.swept());
    this.#rotation = new RotationClock(writer, (progress) => told.rotated(progress));
  }

  commit(batches: readonly Batch[]): Outcome[] {
    return this.#writer.commit(batches);
  }

  /** What a commit leads to, which nobody is to wait for who has made it. */
  after(batches: readonly Batch[]): void {
    this.#writer.boundLog();
    this.#log.after();
    this.#sweep.after(batches);
  }

  /** Throws why that cannot be. */
  heal(): void {
    this.#writer.heal();
  }

  /**
   * Takes the keys of a changed file. Throws KeyNotInFileError where keys of the store are wrapped
   * by one that is not among them: then the old ones stay.
   */
  useKeys(keys: readonly SealingKey[]): void {
    expectKeks(this.#writer.access.keys(), keys);
    this.#writer.rotation.useKeys(keys);
    this.#rotation.wake();
  }

  close(): void {
    this.#log.close();
    this.#sweep.close();
    this.#rotation.close();
    this.#writer.close();
  }
}
