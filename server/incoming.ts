// A body that comes for as long as it likes, if only it comes: its parts one by one, with an end to
// waiting for each.
// Next: `import.ts`.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ReplyError } from './errors.ts';
import { limits } from './limits.ts';

/** Connections whose request may take longer than others. */
const unhurried = new WeakSet<Socket>();

/** Whether Node's bound on the time of a request does not hold for what comes on a connection. */
export const isUnhurried = (socket: Socket): boolean => unhurried.has(socket);

export class IncomingParts {
  readonly #request: IncomingMessage;
  readonly #parts: AsyncIterator<Buffer>;
  readonly #end: AbortSignal;
  #next: Promise<IteratorResult<Buffer> | Error> | undefined;
  #endWaiting = () => {};

  /** From now on the request has time; `end` ends all waiting. */
  constructor(request: IncomingMessage, end: AbortSignal) {
    this.#request = request;
    this.#parts = request[Symbol.asyncIterator]();
    this.#end = end;
    unhurried.add(request.socket);
    const finish = () => {
      unhurried.delete(request.socket);
      this.#endWaiting();
    };
    end.addEventListener('abort', finish, { once: true });
  }

  /** The next part; `late` where none has come in time, `end` after the last. */
  async next(limitMs: number): Promise<Buffer | 'end' | 'late' | 'aborted'> {
    this.#next ??= this.#parts.next().catch((error: Error) => error);
    // a promise for each part: one for the whole import would keep all that it was raced against
    const patience = Promise.withResolvers<'late' | 'aborted'>();
    const timer = setTimeout(patience.resolve, limitMs, 'late');
    this.#endWaiting = () => patience.resolve('aborted');
    if (this.#end.aborted) this.#endWaiting();
    const came = await Promise.race([this.#next, patience.promise]);
    clearTimeout(timer);
    if (came === 'late' || came === 'aborted') return came;
    this.#next = undefined;
    // who has gone does not read why
    if (came instanceof Error) throw new ReplyError('DKV_REQUEST_MALFORMED');
    const { done, value } = came as IteratorResult<Buffer>;
    return done === true ? 'end' : value;
  }

  /**
   * Reads on for a moment without looking, and cuts the connection once the reply is out: who is
   * still sending reads no reply.
   */
  async linger(response: NodeJS.EventEmitter): Promise<void> {
    const endMs = performance.now() + limits.importLingerMs;
    for (let leftMs = limits.importLingerMs; leftMs > 0; leftMs = endMs - performance.now()) {
      const part = await this.next(leftMs).catch(() => 'end' as const);
      if (part === 'end') return;
      if (part === 'aborted' || part === 'late') break;
    }
    response.once('finish', () => this.#request.destroy());
  }
}
