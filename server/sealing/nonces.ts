// Nonces out of random bytes that are fetched for many at once: a call for each costs more than the
// seal that it is for.
// Next: `sealer.ts` seals with them.
import { randomFillSync } from 'node:crypto';
import { nonceBytes } from './seal.ts';

const NONCES_AT_ONCE = 256;

/** Random nonces, each given once. */
export class Nonces {
  #bytes = Buffer.alloc(0);
  #at = 0;

  /** 12 random bytes: a view that nobody else gets. */
  next(): Buffer {
    if (this.#at === this.#bytes.length) {
      // a buffer of its own each time, since views into the old one may still be in use
      this.#bytes = randomFillSync(Buffer.allocUnsafeSlow(NONCES_AT_ONCE * nonceBytes));
      this.#at = 0;
    }
    this.#at += nonceBytes;
    return this.#bytes.subarray(this.#at - nonceBytes, this.#at);
  }
}
