// When a rotation of keys goes on: step by step with pauses between them, in which writes come to
// their turn, and not at all while there is nothing to do.
// Next: `rotation-steps.ts`.
import { limits } from '../limits.ts';
import type { RotationProgress } from '../sealing/rotation.ts';
import type { Writer } from './writer.ts';

export class RotationClock {
  readonly #writer: Writer;
  readonly #tell: (progress: RotationProgress) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `tell` is called after each step. */
  constructor(writer: Writer, tell: (progress: RotationProgress) => void) {
    this.#writer = writer;
    this.#tell = tell;
    this.wake();
  }

  /** To be called when the keys of the file are others. */
  wake(delayMs: number = limits.rotationPauseMs): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#step(), delayMs);
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #step(): void {
    const { rotation } = this.#writer;
    const startMs = performance.now();
    const hasMore = this.#writer.inBackground((session) => rotation.next(session));
    this.#tell(rotation.progress);
    if (hasMore === undefined) this.wake(limits.rotationRetryMs);
    else if (hasMore) this.wake(pauseMsAfter(performance.now() - startMs));
  }
}

/** A slow disk is left to writes for most of the time, too. */
const pauseMsAfter = (tookMs: number): number =>
  Math.max(limits.rotationPauseMs, limits.rotationPauseFactor * tookMs);
