// Bodies that are values: any bytes of any media type, whole, in the room that all bodies share.
// Next: `routes/entries.ts`.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ReplyError } from './errors.ts';
import { limits } from './limits.ts';
import { BYTES_TYPE, isMediaType } from './media-type.ts';
import { receiveBody } from './receive.ts';

const NO_BYTES = Buffer.alloc(0);

/** Makes the routes of `app` take bodies as they are. */
export function readRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, payload, done) => {
    const bytesMax = request.routeOptions.bodyLimit ?? limits.bodyBytesMax;
    receiveBody(payload, { bytesMax, share: () => request.bodyShare() }, (refusal, bytes) => {
      done(refusal !== null && isTooLarge(refusal) ? valueTooLarge() : refusal, bytes);
    });
  });
}

const isTooLarge = ({ code }: ReplyError): boolean => code === 'DKV_BODY_TOO_LARGE';

const valueTooLarge = (): ReplyError =>
  new ReplyError(
    'DKV_VALUE_TOO_LARGE',
    `The value is too large: ${limits.valueBytesMax} bytes are the most.`,
  );

/** What came; no body is a value of no bytes. */
export const bytesOf = ({ body }: FastifyRequest): Buffer =>
  Buffer.isBuffer(body) ? body : NO_BYTES;

/** The media type that was sent, as it was written. Throws DKV_MEDIA_TYPE_UNSUPPORTED. */
export function mediaTypeOf({ headers }: FastifyRequest): string {
  const contentType = headers['content-type'] ?? BYTES_TYPE;
  if (isMediaType(contentType)) return contentType;
  const detail = 'The Content-Type is no media type of up to 255 ASCII characters.';
  throw new ReplyError('DKV_MEDIA_TYPE_UNSUPPORTED', detail);
}

/** Refuses what would make the body another thing than the value. */
export async function refuseOtherForms({ headers }: FastifyRequest): Promise<void> {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    const detail = 'A value is taken as it comes: send it without a Content-Encoding.';
    throw new ReplyError('DKV_MEDIA_TYPE_UNSUPPORTED', detail);
  }
  if (headers['content-range'] !== undefined) {
    const detail = 'A value is stored as a whole: Content-Range is not known here.';
    throw new ReplyError('DKV_HEADER_INVALID', detail);
  }
}
