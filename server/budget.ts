// How many bytes all requests together may hold at one time: a container has only so much memory.
// Next: `receive.ts` takes from it for bodies, `replies.ts` for replies.
import type { ServerResponse } from 'node:http';

/** A number of bytes that many share. */
export class ByteBudget {
  #freeBytes: number;

  constructor(totalBytes: number) {
    this.#freeBytes = totalBytes;
  }

  /** A share that grows as it is asked to, and comes back when `response` is over. */
  shareFor(response: ServerResponse): ByteShare {
    let heldBytes = 0;
    let comesBack = false;
    const giveBack = () => {
      this.#freeBytes += heldBytes;
    };
    return {
      growTo: (bytes) => {
        // Nobody would tell when it may come back.
        if (response.closed) return false;
        const moreBytes = bytes - heldBytes;
        if (moreBytes > this.#freeBytes) return false;
        if (!comesBack) response.once('close', giveBack);
        comesBack = true;
        this.#freeBytes -= moreBytes;
        heldBytes = bytes;
        return true;
      },
    };
  }
}

/** What one request holds of a budget. */
export interface ByteShare {
  /**
   * Takes what is missing to `bytes`, or gives back what is too much; false, with nothing taken,
   * where the budget lacks it.
   */
  growTo(bytes: number): boolean;
}
