// Waiting for the next change of a store, for so long and no longer.
// Next: `feed.ts`, `routes/changes.ts`.
import type { Store } from './store/store.ts';

export class ChangeSignal {
  readonly #stop: () => void;
  readonly #end: AbortSignal;
  #changed = false;
  #wake = () => {};

  /** Counts changes from now on; once `end` is aborted nothing is waited for. */
  constructor(store: Pick<Store, 'watch'>, end: AbortSignal) {
    this.#end = end;
    this.#stop = store.watch(() => {
      this.#changed = true;
      this.#wake();
    });
    end.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Waits until there was a change since the last call, the time is over, or all ends. */
  async next(limitMs: number): Promise<void> {
    if (!this.#changed && !this.#end.aborted && limitMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#changed = false;
  }

  close(): void {
    this.#stop();
    this.#wake();
  }
}
