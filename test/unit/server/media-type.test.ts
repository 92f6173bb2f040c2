// Media types of values: what RFC 9110 calls one is taken, and nothing else.
import { expect, test } from 'vitest';
import { isMediaType } from '../../../server/media-type.ts';

test.each([
  'text/plain',
  'text/plain; charset=utf-8',
  'text/plain;charset="utf-8"',
  'application/vnd.api+json',
  'image/svg+xml',
  'multipart/form-data; boundary="a b;c\\"d"',
  'a/b;x=1;y=2',
  'a/b;',
  'a/b; ; x=1',
  `a/b;x=${'y'.repeat(249)}`,
])('%s is one', (text) => {
  expect(isMediaType(text)).toBe(true);
});

test.each([
  '',
  'text',
  'text/',
  '/plain',
  '*/*',
  'text/*',
  'text/plain charset=utf-8',
  'text/plain; charset',
  'text/plain; charset=',
  'text/plain; charset=utf-8, text/html',
  'text /plain',
  'text/plain; x="a',
  'text/plain; x="\u00fc"',
  'text/pl\u00e4in',
  'text/plain\r\nx: y',
  `a/b;x=${'y'.repeat(250)}`,
  `${'a'.repeat(128)}/b`,
])('"%s" is none', (text) => {
  expect(isMediaType(text)).toBe(false);
});

test('a long text that is none is known as fast as it comes', () => {
  expect(isMediaType(`a/b${'; \t'.repeat(80)}`)).toBe(true);
  expect(isMediaType(`a/b${'; \t'.repeat(80)}!`)).toBe(false);
});
