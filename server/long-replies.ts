// Replies that go on for long: so many at most, cut off where nobody reads them, and ended before
// the server ends.
// Next: `feed.ts` and `routes/export.ts` make what is sent.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { busy } from './errors.ts';
import { limits } from './limits.ts';

export class LongReplies {
  readonly #open = new Map<ServerResponse, AbortController>();
  readonly #countMax: number;
  #isEnding = false;

  constructor(app: FastifyInstance, countMax: number) {
    this.#countMax = countMax;
    app.addHook('preClose', () => this.#endAll());
  }

  /** Counts a reply in until it is over; gives what tells it to end. Throws DKV_SERVER_BUSY. */
  begin(response: ServerResponse): AbortSignal {
    if (this.#open.size >= this.#countMax) throw busy();
    const end = new AbortController();
    this.#open.set(response, end);
    const finish = () => {
      this.#open.delete(response);
      end.abort();
    };
    if (response.closed) finish();
    else response.once('close', finish);
    // the server serves on for a moment, and whoever was told to come again does
    if (this.#isEnding) end.abort();
    return end.signal;
  }

  /** Who does not read the end in time is cut off. */
  async #endAll(): Promise<void> {
    this.#isEnding = true;
    const cut = setTimeout(() => {
      for (const response of this.#open.keys()) response.destroy();
    }, limits.longRepliesEndMs);
    const ended = [...this.#open].map(async ([response, end]) => {
      const closed = once(response, 'close');
      end.abort();
      await closed;
    });
    await Promise.all(ended);
    clearTimeout(cut);
  }
}

/** A stream of texts, each made when there is room for it; who takes too long is cut off. */
export const readTexts = (texts: AsyncIterable<string>, response: ServerResponse): Readable =>
  Readable.from(cutWhereSlow(texts, response), { objectMode: false });

async function* cutWhereSlow(texts: AsyncIterable<string>, response: ServerResponse) {
  for await (const text of texts) {
    const cut = setTimeout(() => response.destroy(), limits.longReplyStallMs);
    try {
      yield text;
    } finally {
      clearTimeout(cut);
    }
  }
}

/** Puts small texts together, so that each is not a write of its own. */
export function* gathered(texts: Iterable<string>): Generator<string> {
  let all = '';
  for (const text of texts) {
    all += text;
    if (all.length < limits.smallBytesMax) continue;
    yield all;
    all = '';
  }
  if (all !== '') yield all;
}
