// A value with its media type as one run of bytes, which is sealed as a whole. Pure.
// Next: `sealer.ts` seals it.
import { SealBrokenError } from './seal.ts';

/** The media type that a value has unless it says another. */
export const textType = 'text/plain; charset=utf-8';

/** The longest media type, in ASCII characters. */
export const contentTypeBytesMax = 255;

/** The length of the type (1 byte, 0 for text), the type, the value. */
export function contentBytes(value: Uint8Array, contentType: string): Buffer {
  const type = contentType === textType ? '' : contentType;
  if (type.length > contentTypeBytesMax) throw new Error('a media type is too long to be sealed');
  return Buffer.concat([Buffer.of(type.length), Buffer.from(type, 'latin1'), value]);
}

/** What `contentBytes` was given; the value is a view into `bytes`. Throws SealBrokenError. */
export function contentOf(bytes: Buffer): { value: Buffer; contentType: string } {
  const [typeLength] = bytes;
  if (typeLength === undefined || typeLength >= bytes.length) {
    throw new SealBrokenError('a value lacks the length of its media type');
  }
  const start = 1 + typeLength;
  const contentType = typeLength === 0 ? textType : bytes.toString('latin1', 1, start);
  return { value: bytes.subarray(start), contentType };
}
