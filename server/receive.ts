// The bytes of a body as they come: bounded each, bounded all together, copied into one buffer,
// since a client may send them one at a time.
// Next: `body.ts` makes sense of them.
import type { IncomingMessage } from 'node:http';
import type { ByteShare } from './budget.ts';
import { busy, ReplyError } from './errors.ts';
import { limits } from './limits.ts';

export interface Bounds {
  readonly bytesMax: number;
  readonly share: ByteShare | undefined;
}

/**
 * Waits for a whole body. Rejects with the ReplyError that says why there is none; where the client
 * can come to its end, then only, since who is still sending does not read a reply.
 */
export function receiveBody(payload: IncomingMessage, bounds: Bounds): Promise<Buffer> {
  const declaredBytes = Number(payload.headers['content-length'] ?? 0);
  const body = new GrowingBody(declaredBytes, bounds);
  return new Promise((resolve, reject) => {
    const refuseIfEndless = (bytes: number) => {
      if (bytes > limits.bodyBytesMax) reject(new ReplyError('DKV_BODY_TOO_LARGE'));
    };
    refuseIfEndless(declaredBytes);
    payload.on('data', (chunk: Buffer) => refuseIfEndless(body.add(chunk)));
    payload.once('end', () => (body.refusal ? reject(body.refusal) : resolve(body.bytes)));
    payload.once('close', () => {
      if (!payload.readableEnded) reject(new ReplyError('DKV_REQUEST_MALFORMED'));
    });
    // The close that follows tells.
    payload.once('error', () => {});
  });
}

class GrowingBody {
  refusal: ReplyError | undefined;
  readonly #bounds: Bounds;
  readonly #declaredBytes: number;
  #buffer: Buffer;
  #lengthBytes = 0;

  constructor(declaredBytes: number, bounds: Bounds) {
    this.#bounds = bounds;
    this.#declaredBytes = declaredBytes;
    this.#buffer = Buffer.allocUnsafe(Math.min(declaredBytes, limits.smallBytesMax));
    if (declaredBytes > bounds.bytesMax) this.#refuse(new ReplyError('DKV_BODY_TOO_LARGE'));
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#lengthBytes);
  }

  /** Keeps a part unless the body is refused; says how much has come. */
  add(chunk: Buffer): number {
    const start = this.#lengthBytes;
    this.#lengthBytes += chunk.length;
    if (this.refusal === undefined) {
      if (this.#lengthBytes > this.#buffer.length) this.#grow(start);
      chunk.copy(this.#buffer, start);
    }
    return this.#lengthBytes;
  }

  #grow(keptBytes: number): void {
    const { bytesMax, share } = this.#bounds;
    const wantedBytes = Math.max(this.#lengthBytes, 2 * keptBytes, limits.smallBytesMax);
    const sizeBytes = Math.min(wantedBytes, this.#declaredBytes || bytesMax);
    if (this.#lengthBytes > bytesMax) {
      this.#refuse(new ReplyError('DKV_BODY_TOO_LARGE'));
    } else if (sizeBytes > limits.smallBytesMax && !share?.growTo(sizeBytes)) {
      this.#refuse(busy());
    } else {
      const grown = Buffer.allocUnsafe(sizeBytes);
      this.#buffer.copy(grown, 0, 0, keptBytes);
      this.#buffer = grown;
    }
  }

  #refuse(refusal: ReplyError): void {
    this.refusal = refusal;
    this.#buffer = Buffer.alloc(0);
  }
}
