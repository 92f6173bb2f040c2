// The pause after a failure: while the database is away nobody waits for it, and it is asked again
// after pauses that grow, each a little different, so that not all replicas come at once.
// Next: `pool.ts` and `writer.ts` ask it before they connect.
import { limits } from '../../limits.ts';
import { replyErrorOf } from './failures.ts';

export class Pause {
  readonly #nowMs: () => number;
  #failures = 0;
  #endMs = 0;
  #cause: unknown;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Throws what has failed during a pause, as a ReplyError. */
  check(): void {
    if (this.#nowMs() >= this.#endMs) return;
    throw replyErrorOf(this.#cause);
  }

  /** Begins a pause, if there is none. */
  failed(cause: unknown): void {
    if (this.#nowMs() < this.#endMs) return;
    this.#endMs = this.#nowMs() + pauseMs(this.#failures, Math.random());
    this.#failures += 1;
    this.#cause = cause;
  }

  /** The database answers. */
  succeeded(): void {
    this.#failures = 0;
    this.#endMs = 0;
  }
}

/** How long to wait after so many failures; `chance`: from 0 to 1. */
export function pauseMs(failures: number, chance: number): number {
  const longestMs = Math.min(limits.databasePauseMinMs * 2 ** failures, limits.databasePauseMaxMs);
  return longestMs * (0.5 + chance / 2);
}
