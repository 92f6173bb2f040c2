// A clock that stands still until a test moves it. Queue, reflector and election tests pass it in
// place of the system's, so that minutes pass at once and in a known order.
import type { Clock } from '../../operator/clock.ts';

interface Timer {
  dueMs: number;
  callback: () => void;
}

/** Lets everything that is ready to run do so, promises of promises included. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock under the test's control; it begins at 0. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallTime(): Date {
    return new Date(Date.UTC(2030, 0, 1) + this.#nowMs);
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.size;
  }

  /** How long until the next timer, or undefined when none waits. */
  get nextMs(): number | undefined {
    const due = [...this.#timers].map((timer) => timer.dueMs);
    return due.length === 0 ? undefined : Math.min(...due) - this.#nowMs;
  }

  /** Moves on, calling timers in their order; what they set going has run when this resolves. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (let timer = this.#next(endMs); timer; timer = this.#next(endMs)) {
      this.#timers.delete(timer);
      this.#nowMs = timer.dueMs;
      timer.callback();
      await settle();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.dueMs <= endMs);
    return due.sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}
