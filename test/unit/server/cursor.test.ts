// Cursors: each tells its place to the request that it came from, and nothing to any other.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CursorScope, cursorPlace, cursorText } from '../../../server/cursor.ts';
import type { ReplyError } from '../../../server/errors.ts';

const SCOPE: CursorScope = {
  kind: 'list',
  incarnation: '3f2a9c01-aaaa-4bbb-8ccc-0123456789ab',
  database: 7,
  prefix: 'orders/',
};

const place = fc.record({
  position: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  revision: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

function codeOf(text: string, scope: CursorScope = SCOPE): string | undefined {
  try {
    cursorPlace(text, scope);
    return undefined;
  } catch (error) {
    return (error as ReplyError).code;
  }
}

test('every place comes back as it went in', () => {
  fc.assert(
    fc.property(place, (one) => {
      const text = cursorText(SCOPE, one);
      expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(cursorPlace(text, SCOPE)).toEqual(one);
    }),
  );
});

const TEXT = cursorText(SCOPE, { position: Buffer.alloc(32, 9), revision: 42 });

test.each([
  ['kind', { kind: 'export' }],
  ['database', { database: 8 }],
  ['prefix', { prefix: 'orders' }],
  ['prefix that is none', { prefix: '' }],
] as const)('it is invalid for another %s', (_, change) => {
  expect(codeOf(TEXT, { ...SCOPE, ...change })).toBe('DKV_CURSOR_INVALID');
});

test('it is gone with its incarnation', () => {
  expect(codeOf(TEXT, { ...SCOPE, incarnation: '00000000' })).toBe('DKV_CURSOR_GONE');
});

test.each(['', 'x', 'hello world', `${TEXT}=`, `${TEXT}A`, TEXT.slice(1), TEXT.slice(0, -1), '%'])(
  '"%s" is none',
  (text) => {
    expect(codeOf(text)).toBe('DKV_CURSOR_INVALID');
  },
);

test('one of another version is none', () => {
  const bytes = Buffer.from(TEXT, 'base64url');
  bytes[0] = 2;
  expect(codeOf(bytes.toString('base64url'))).toBe('DKV_CURSOR_INVALID');
});

test('whatever bit of it is turned, it is none', () => {
  const bytes = Buffer.from(TEXT, 'base64url');
  fc.assert(
    fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(codeOf(turned.toString('base64url'))).toBe('DKV_CURSOR_INVALID');
    }),
  );
});

test('no text from elsewhere is one', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(codeOf(text)).toBe('DKV_CURSOR_INVALID');
    }),
  );
});

test('a revision that no store can have is refused, whoever made it up', () => {
  const text = cursorText(SCOPE, { position: Buffer.alloc(0), revision: 2 ** 60 });
  expect(codeOf(text)).toBe('DKV_CURSOR_INVALID');
});
