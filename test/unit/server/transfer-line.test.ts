// Lines of an export: what one side writes the other reads, and what is no line says why.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReplyError } from '../../../server/errors.ts';
import { entryLine, entryOf, FORMAT, lineOf } from '../../../server/transfer-line.ts';

const entry = fc.record({
  key: fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((key) => key.isWellFormed()),
  value: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  contentType: fc.constantFrom('text/plain; charset=utf-8', 'application/octet-stream', 'a/b'),
  revision: fc.constant(1),
  expiresAtMs: fc.option(fc.integer({ min: 0, max: 253_402_300_799_999 })),
});

test('any entry comes back as it was', () => {
  fc.assert(
    fc.property(entry, (one) => {
      const line = entryLine(one);
      expect(line.endsWith('\n') && !line.slice(0, -1).includes('\n')).toBe(true);
      const { revision: _, ...expected } = one;
      expect(entryOf(Buffer.from(line))).toEqual(expected);
    }),
  );
});

test('text is written as text, and other bytes as base64', () => {
  const line = { key: 'k', contentType: 'a/b', revision: 1, expiresAtMs: null };
  const text = JSON.parse(entryLine({ ...line, value: Buffer.from('hello') }));
  expect(text).toEqual({ key: 'k', value: 'hello', contentType: 'a/b' });
  const bytes = JSON.parse(entryLine({ ...line, value: Buffer.of(255), expiresAtMs: 1 }));
  expect(bytes).toMatchObject({ valueBase64: '/w==', expiresAt: '1970-01-01T00:00:00.001Z' });
});

test.each([
  ['{"key":"k","value":"v"}', 'text/plain; charset=utf-8'],
  ['{"key":"k","valueBase64":"dg=="}', 'application/octet-stream'],
])('%s has its usual media type', (line, contentType) => {
  expect(entryOf(Buffer.from(line))).toMatchObject({ contentType, value: Buffer.from('v') });
});

test.each([
  { format: FORMAT, position: 'x' },
  { cursor: 'x' },
  { end: true, keys: 1, unreadable: 0 },
  { problem: { code: 'DKV_STORE_UNAVAILABLE' } },
])('%j carries no entry', (line) => {
  expect(entryOf(Buffer.from(lineOf(line)))).toBeUndefined();
});

function refusalOf(line: string | Buffer): ReplyError {
  try {
    entryOf(Buffer.from(line as string));
  } catch (error) {
    return error as ReplyError;
  }
  throw new Error('nothing was refused');
}

test.each([
  ['hello', 'DKV_BODY_NOT_JSON', 'not valid JSON'],
  ['{"key":"k","value":"v"', 'DKV_BODY_NOT_JSON', 'not valid JSON'],
  ['{"key":"k","value":"v"},', 'DKV_BODY_NOT_JSON', 'not valid JSON'],
  ['[]', 'DKV_BODY_INVALID', 'it must be object'],
  ['"cursor"', 'DKV_BODY_INVALID', 'it must be object'],
  ['null', 'DKV_BODY_INVALID', 'it must be object'],
  ['{}', 'DKV_BODY_INVALID', 'key is missing'],
  ['{"format":"other"}', 'DKV_BODY_INVALID', 'format must be dumbkv-export-1'],
  ['{"key":"k"}', 'DKV_BODY_INVALID', 'value is missing'],
  ['{"key":"","value":"v"}', 'DKV_BODY_INVALID', 'key must not be empty'],
  ['{"key":"k","value":1}', 'DKV_BODY_INVALID', 'value must be string'],
  ['{"key":"k","value":"v","valueBase64":""}', 'DKV_BODY_INVALID', 'value is not known here'],
  ['{"key":"k","value":"v","end":true}', 'DKV_BODY_INVALID', 'end is not known here'],
  ['{"key":"k","value":"v","format":"x"}', 'DKV_BODY_INVALID', 'format is not known here'],
  ['{"key":"k","valueBase64":"!"}', 'DKV_BODY_INVALID', 'valueBase64 must match'],
  ['{"key":"k","value":"v","ttl":1}', 'DKV_BODY_INVALID', 'ttl is not known here'],
  ['{"key":"k","value":"v","contentType":"x"}', 'DKV_BODY_INVALID', 'contentType must be a media'],
  ['{"key":"k","value":"v","expiresAt":"soon"}', 'DKV_BODY_INVALID', 'expiresAt must match'],
  [
    '{"key":"k","value":"v","expiresAt":"2026-02-31T00:00:00Z"}',
    'DKV_BODY_INVALID',
    'expiresAt is no',
  ],
  [
    '{"key":"k","value":"v","expiresAt":"2026-13-01T00:00:00Z"}',
    'DKV_BODY_INVALID',
    'expiresAt is no',
  ],
  [`{"key":"${'k'.repeat(1025)}","value":"v"}`, 'DKV_BODY_INVALID', 'key has 1025 bytes'],
  [`{"key":"k","value":[${'[],'.repeat(90)}[]]}`, 'DKV_BODY_INVALID', 'far too many parts'],
])('%# is no line of an entry', (line, code, detail) => {
  const refusal = refusalOf(line);
  expect(refusal.code).toBe(code);
  expect(refusal.message).toContain(detail);
});

test('bytes that are no UTF-8 are no line', () => {
  expect(refusalOf(Buffer.from('{"key":"\xff","value":"v"}', 'latin1')).code).toBe(
    'DKV_BODY_NOT_JSON',
  );
});
