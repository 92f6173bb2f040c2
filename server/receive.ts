// The bytes of a body as they come: bounded each, bounded all together, copied into one buffer,
// since a client may send them one at a time.
// Next: `body.ts` makes sense of them.
import type { IncomingMessage } from 'node:http';
import type { ByteShare } from './budget.ts';
import { busy, ReplyError } from './errors.ts';
import { limits } from './limits.ts';

export interface Bounds {
  readonly bytesMax: number;
  /** Makes a share of the room of all bodies, where more than a few bytes come. */
  readonly share: () => ByteShare;
}

/** Told once: the whole body, or why there is none. */
export type Received = (refusal: ReplyError | null, bytes?: Buffer) => void;

const NO_BYTES = Buffer.alloc(0);

/**
 * Waits for a whole body. Where the client can come to its end, a refusal is told then only, since
 * who is still sending does not read a reply.
 */
export function receiveBody(payload: IncomingMessage, bounds: Bounds, received: Received): void {
  const declaredBytes = Number(payload.headers['content-length'] ?? 0);
  const body = new GrowingBody(declaredBytes, bounds);
  let isOver = false;
  const end = (refusal: ReplyError | null) => {
    if (isOver) return;
    isOver = true;
    if (refusal === null) received(null, body.bytes);
    else received(refusal);
  };
  const endIfEndless = (bytes: number) => {
    if (bytes > limits.bodyBytesMax) end(new ReplyError('DKV_BODY_TOO_LARGE'));
  };
  endIfEndless(declaredBytes);
  payload.on('data', (chunk: Buffer) => endIfEndless(body.add(chunk)));
  payload.on('end', () => end(body.refusal));
  payload.on('close', () => {
    if (!payload.readableEnded) end(new ReplyError('DKV_REQUEST_MALFORMED'));
  });
  payload.on('error', closeTells);
}

const closeTells = () => {};

class GrowingBody {
  refusal: ReplyError | null = null;
  readonly #bounds: Bounds;
  readonly #declaredBytes: number;
  #buffer: Buffer = NO_BYTES;
  #lengthBytes = 0;
  #share: ByteShare | undefined;

  constructor(declaredBytes: number, bounds: Bounds) {
    this.#bounds = bounds;
    this.#declaredBytes = declaredBytes;
    if (declaredBytes > bounds.bytesMax) this.#refuse(new ReplyError('DKV_BODY_TOO_LARGE'));
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#lengthBytes);
  }

  /** Keeps a part unless the body is refused; says how much has come. */
  add(chunk: Buffer): number {
    const start = this.#lengthBytes;
    this.#lengthBytes += chunk.length;
    if (this.refusal !== null) return this.#lengthBytes;
    // most come as a whole, in a buffer that Node has made for it
    const isWhole = chunk.length === this.#declaredBytes && chunk.length <= limits.smallBytesMax;
    if (isWhole) {
      this.#buffer = chunk;
    } else {
      if (this.#lengthBytes > this.#buffer.length) this.#grow(start);
      chunk.copy(this.#buffer, start);
    }
    return this.#lengthBytes;
  }

  #grow(keptBytes: number): void {
    const { bytesMax } = this.#bounds;
    const wantedBytes = Math.max(this.#lengthBytes, 2 * keptBytes, limits.smallBytesMax);
    const sizeBytes = Math.min(wantedBytes, this.#declaredBytes || bytesMax);
    if (this.#lengthBytes > bytesMax) {
      this.#refuse(new ReplyError('DKV_BODY_TOO_LARGE'));
    } else if (sizeBytes > limits.smallBytesMax && !this.#hasRoom(sizeBytes)) {
      this.#refuse(busy());
    } else {
      const grown = Buffer.allocUnsafe(sizeBytes);
      this.#buffer.copy(grown, 0, 0, keptBytes);
      this.#buffer = grown;
    }
  }

  #hasRoom(bytes: number): boolean {
    this.#share ??= this.#bounds.share();
    return this.#share.growTo(bytes);
  }

  #refuse(refusal: ReplyError): void {
    this.refusal = refusal;
    this.#buffer = NO_BYTES;
  }
}
