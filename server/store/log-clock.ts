// When the write-ahead log is copied into the database file although it is not long yet: once
// nobody has written for a moment, so that those who write next need not wait for that.
// Next: `session.ts` copies it.
import { limits } from '../limits.ts';
import type { Writer } from './writer.ts';

export class LogClock {
  readonly #writer: Pick<Writer, 'boundLog'>;
  #timer: NodeJS.Timeout | undefined;
  /** Somebody has written since the timer was set. */
  #isBusy = false;

  constructor(writer: Pick<Writer, 'boundLog'>) {
    this.#writer = writer;
  }

  /** To be told of each group. */
  after(): void {
    this.#isBusy = true;
    this.#timer ??= this.#set();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #set(): NodeJS.Timeout {
    this.#isBusy = false;
    return setTimeout(() => this.#step(), limits.logQuietMs).unref();
  }

  #step(): void {
    this.#timer = this.#isBusy ? this.#set() : undefined;
    if (this.#timer === undefined) this.#writer.boundLog(limits.logPagesQuietMax);
  }
}
