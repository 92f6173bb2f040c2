// A value with its media type as bytes and back.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  contentBytes,
  contentOf,
  contentTypeBytesMax,
  textType,
} from '../../../../server/sealing/content.ts';
import { SealBrokenError } from '../../../../server/sealing/seal.ts';

const types = fc.oneof(
  fc.constant(textType),
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: contentTypeBytesMax }),
);

test('any value comes back with its media type', () => {
  fc.assert(
    fc.property(types, fc.uint8Array(), (contentType, value) => {
      const back = contentOf(contentBytes(value, contentType));
      expect(back.contentType).toBe(contentType);
      expect([...back.value]).toEqual([...value]);
    }),
  );
});

test('text costs one byte', () => {
  expect(contentBytes(Buffer.from('v'), textType)).toEqual(Buffer.from('\0v'));
});

test('a media type that is too long is a fault of the caller', () => {
  const contentType = 'x'.repeat(contentTypeBytesMax + 1);
  expect(() => contentBytes(Buffer.from('v'), contentType)).toThrow(/too long/);
});

test.each([
  ['nothing at all', Buffer.alloc(0)],
  ['a length with less behind it', Buffer.of(3, 0x61, 0x62)],
])('%s is broken', (_, bytes) => {
  expect(() => contentOf(bytes)).toThrow(SealBrokenError);
});
