// Entity tags and lists of them: what is written can be read, and nothing else is taken for one.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { etagOf, positionOf, revisionOf, tagsOf } from '../../../server/etag.ts';
import { limits } from '../../../server/limits.ts';

const INCARNATION = '3f2a9c01-aaaa-4bbb-8ccc-0123456789ab';
const OTHER = '00000000-aaaa-4bbb-8ccc-0123456789ab';

const revisions = fc.nat({ max: Number.MAX_SAFE_INTEGER });

test('a tag is the beginning of the incarnation and the revision, in quotes', () => {
  expect(etagOf(INCARNATION, 42)).toBe('"3f2a9c01-42"');
});

test('every position tells its revision, and that it is of another incarnation', () => {
  fc.assert(
    fc.property(revisions, (revision) => {
      const position = positionOf(INCARNATION, revision);
      expect(revisionOf(INCARNATION, position)).toBe(revision);
      expect(revisionOf(OTHER, position)).toBe('foreign');
    }),
  );
});

test.each([
  '',
  '42',
  '3f2a9c01',
  '3f2a9c01-',
  '3f2a9c01-042',
  '3f2a9c01--1',
  '3f2a9c01-+1',
  '3f2a9c01-1.5',
  '3f2a9c01-1e3',
  '3F2A9C01-1',
  ' 3f2a9c01-1',
  '3f2a9c01-1\n',
  '3f2a9c01-9007199254740992',
  '3f2a9c01-99999999999999999999',
])('"%s" is no position', (text) => {
  expect(revisionOf(INCARNATION, text)).toBeUndefined();
});

test('no text but a position is one', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcf-" ') }), (text) => {
      const revision = revisionOf(INCARNATION, text);
      if (typeof revision === 'number') expect(positionOf(INCARNATION, revision)).toBe(text);
    }),
  );
});

test.each([
  ['"a"', [{ isWeak: false, opaque: 'a' }]],
  ['W/"a"', [{ isWeak: true, opaque: 'a' }]],
  ['""', [{ isWeak: false, opaque: '' }]],
  [
    '"a", W/"b"',
    [
      { isWeak: false, opaque: 'a' },
      { isWeak: true, opaque: 'b' },
    ],
  ],
  [
    '"a","b"',
    [
      { isWeak: false, opaque: 'a' },
      { isWeak: false, opaque: 'b' },
    ],
  ],
  [' ,, "a",\t,', [{ isWeak: false, opaque: 'a' }]],
  ['"a,b"', [{ isWeak: false, opaque: 'a,b' }]],
  ['"*"', [{ isWeak: false, opaque: '*' }]],
  ['"\\"', [{ isWeak: false, opaque: '\\' }]],
  ['"\u00fc"', [{ isWeak: false, opaque: '\u00fc' }]],
])('%s is a list of tags', (text, expected) => {
  expect(tagsOf(text)).toEqual(expected);
});

test.each(['*', ' *', '*\t'])('"%s" means any entry', (text) => {
  expect(tagsOf(text)).toBe('any');
});

test.each([
  '',
  ' ',
  ',',
  'a',
  '"a',
  'a"',
  '"a" "b"',
  '"a"b',
  '*, "a"',
  '"a", *',
  'w/"a"',
  'W/ "a"',
  'W/a',
  '"a b"',
  '"a\nb"',
  '"a", b',
])('"%s" is no list of tags', (text) => {
  expect(tagsOf(text)).toBeUndefined();
});

test('a list may have so many tags, and no more', () => {
  const list = (length: number) => Array.from({ length }, (_, i) => `"${i}"`).join(', ');
  expect(tagsOf(list(limits.etagsMax))).toHaveLength(limits.etagsMax);
  expect(tagsOf(list(limits.etagsMax + 1))).toBeUndefined();
});

const opaque = fc.string({ unit: fc.constantFrom(...'abc!#-,;W/*\\~') });
const tag = fc.record({ isWeak: fc.boolean(), opaque });
const gap = fc.constantFrom('', ' ', '\t', ' \t ', ',', ', ,');

test('any list that is written can be read', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(tag, gap), { minLength: 1, maxLength: 32 }), (parts) => {
      const text = parts
        .map(([one, after]) => `${one.isWeak ? 'W/' : ''}"${one.opaque}"${after}`)
        .join(',');
      expect(tagsOf(text)).toEqual(parts.map(([one]) => one));
    }),
  );
});

test('a long list of nothing is read as fast as it comes', () => {
  for (const text of ['\t'.repeat(200_000), ' ,'.repeat(100_000), '"a" '.repeat(50_000)]) {
    expect(tagsOf(text)).toBeUndefined();
    expect(tagsOf(`${text}x`)).toBeUndefined();
  }
});
