// Calls back when nothing has been heard for a while. The reflector tells it of every line of a
// watch.
import type { Clock } from '../clock.ts';

/** A timer that starts anew with each word. */
export class SilenceTimer {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #lastMs: number;
  #cancel: () => void;

  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#lastMs = clock.nowMs();
    this.#cancel = clock.setTimer(() => this.#check(), limitMs);
  }

  /** Something was heard. Costs no timer: the running one looks at the time when it ends. */
  heard(): void {
    this.#lastMs = this.#clock.nowMs();
  }

  stop(): void {
    this.#cancel();
  }

  #check(): void {
    const leftMs = this.#lastMs + this.#limitMs - this.#clock.nowMs();
    if (leftMs <= 0) this.#onSilence();
    else this.#cancel = this.#clock.setTimer(() => this.#check(), leftMs);
  }
}
