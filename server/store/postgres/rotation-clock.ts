// When the rotation of keys goes on: at the start, when the key file has changed, and now and then,
// since another replica may have died in the middle of it. Writes have their turn between steps.
// Next: `rotation-steps.ts`.
import type { BaseLogger } from 'pino';
import { messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { isLost } from './failures.ts';
import type { RotationSteps } from './rotation-steps.ts';

export class RotationClock {
  readonly #steps: Pick<RotationSteps, 'next'>;
  readonly #log: BaseLogger;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isWoken = false;
  #isClosed = false;
  #complaint = '';

  constructor(steps: Pick<RotationSteps, 'next'>, log: BaseLogger) {
    this.#steps = steps;
    this.#log = log;
    this.wake();
  }

  /** To be called when the keys of the file are others. */
  wake(): void {
    if (this.#isRunning) this.#isWoken = true;
    else this.#arm(limits.rotationPauseMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #arm(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#run(), delayMs);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const delayMs = await this.#step();
    this.#isRunning = false;
    this.#arm(this.#isWoken ? limits.rotationPauseMs : delayMs);
    this.#isWoken = false;
  }

  /** Gives the pause before the next one. */
  async #step(): Promise<number> {
    const startMs = performance.now();
    try {
      const next = await this.#steps.next();
      this.#complaint = '';
      if (next === 'busy') return limits.databasePauseMaxMs;
      if (next === 'behind') return limits.rotationRetryMs;
      if (next === 'over') return limits.databaseRotationLookMs;
      // a slow disk is left to writes for most of the time, too
      const tookMs = performance.now() - startMs;
      return Math.max(limits.rotationPauseMs, limits.rotationPauseFactor * tookMs);
    } catch (error) {
      this.#tell(messageOf(error));
      // the writer connects again after pauses of its own
      return isLost(error) ? limits.databasePauseMaxMs : limits.rotationRetryMs;
    }
  }

  #tell(reason: string): void {
    if (this.#isClosed || reason === this.#complaint) return;
    this.#complaint = reason;
    this.#log.warn({ reason }, 'the rotation of sealing keys was held up, and goes on later');
  }
}
