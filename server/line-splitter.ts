// Lines out of a stream of bytes: bounded, and copied only where a line comes in several parts.
// Next: `import.ts`.
import { limits } from './limits.ts';

const LINE_FEED = 0x0a;
const NOTHING = Buffer.alloc(0);

/** A line without its end; `too-long` stands for one that is longer than any may be. */
export type Line = Buffer | 'too-long';

export class LineSplitter {
  #begun: Buffer = NOTHING;
  #begunBytes = 0;

  /** The lines that end in this part; each is good until the next one. Nothing after a long one. */
  *push(part: Buffer): Generator<Line> {
    let from = 0;
    for (let at = part.indexOf(LINE_FEED); at !== -1; at = part.indexOf(LINE_FEED, from)) {
      const end = part.subarray(from, at);
      from = at + 1;
      yield this.#begunBytes === 0 ? end : this.#finish(end);
    }
    if (!this.#keep(part.subarray(from))) yield 'too-long';
  }

  /** The last line, where it has no end. */
  *rest(): Generator<Line> {
    if (this.#begunBytes > 0) yield this.#finish(NOTHING);
  }

  #finish(end: Buffer): Line {
    if (!this.#keep(end)) return 'too-long';
    const line = this.#begun.subarray(0, this.#begunBytes);
    this.#begunBytes = 0;
    return line;
  }

  /** Whether there was room for it. */
  #keep(part: Buffer): boolean {
    const sizeBytes = this.#begunBytes + part.length;
    if (sizeBytes > limits.importLineBytesMax) return false;
    if (sizeBytes > this.#begun.length) {
      const grown = Buffer.allocUnsafe(Math.max(sizeBytes, 2 * this.#begun.length));
      this.#begun.copy(grown, 0, 0, this.#begunBytes);
      this.#begun = grown;
    }
    part.copy(this.#begun, this.#begunBytes);
    this.#begunBytes = sizeBytes;
    return true;
  }
}
