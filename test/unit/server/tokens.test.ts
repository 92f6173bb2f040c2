// The token file's text: what is a token, what is not, and what each one may do.
// That the file is read again is tested in test/server/tokens-reload.test.ts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../../server/limits.ts';
import { findToken, type KnownToken, parseTokens } from '../../../server/tokens.ts';

test('a token alone may read and write', () => {
  expect(findToken(parseTokens('s3cret\n'), 's3cret')?.access).toBe('read-write');
});

test.each([
  ['read-only', 'read-only'],
  ['read-write', 'read-write'],
])('a token may be followed by %s', (word, access) => {
  expect(findToken(parseTokens(`s3cret ${word}`), 's3cret')?.access).toBe(access);
});

test('many tokens, comments, blank lines and newlines of Windows go together', () => {
  const known = parseTokens('# team A\r\n\r\nalpha read-only\r\n# team B\nbeta\n\n  gamma  \n');
  expect(known).toHaveLength(3);
  expect(findToken(known, 'alpha')?.access).toBe('read-only');
  expect(findToken(known, 'beta')?.access).toBe('read-write');
  expect(findToken(known, 'gamma')?.access).toBe('read-write');
});

test.each(['s3cre', 's3crets', 'S3CRET', '', 's3cret ', 'read-only', '# team A'])(
  '"%s" is not known when s3cret is',
  (token) => {
    expect(findToken(parseTokens('# team A\ns3cret read-only\n'), token)).toBeUndefined();
  },
);

test.each(['t\nt read-only\n', 't read-only\nother\nt read-only\n'])(
  'a token that stands twice is refused: %j',
  (text) => {
    expect(() => parseTokens(text)).toThrow('it holds a token twice');
  },
);

test('a token is compared to its last byte', () => {
  const [known] = parseTokens('s3cret') as [KnownToken];
  for (let at = 0; at < 32; at += 1) {
    const digest = Buffer.from(known.digest);
    digest.writeUInt8(digest.readUInt8(at) ^ 1, at);
    expect(findToken([{ ...known, digest }], 's3cret'), `byte ${at}`).toBeUndefined();
  }
});

test('digests are kept, not tokens', () => {
  const [known] = parseTokens('s3cret');
  expect(known?.digest).toHaveLength(32);
  expect(JSON.stringify(known)).not.toContain('s3cret');
});

test.each([
  ['nothing', '', /no token/],
  ['only comments', '# a\n# b\n', /no token/],
  ['an unknown word', 'good\ntoken write-only', /line 2/],
  ['three words', 'token read-only please', /line 1/],
  ['a quoted token', '"token"', /line 1/],
  ['a token with a colon', 'user:password', /line 1/],
  ['a letter beyond ASCII', 'tökén', /line 1/],
  ['an equals sign inside', 'a=b', /line 1/],
])('%s is refused, naming the line', (_, text, message) => {
  expect(() => parseTokens(text)).toThrow(message);
});

test('a refusal never shows what stands on the line', () => {
  const look = () => parseTokens('top-secret-token but wrong');
  expect(look).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/secret/) }));
});

test('there is a bound to how many tokens a file may hold', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`).join('\n');
  expect(parseTokens(many(limits.tokensMax))).toHaveLength(limits.tokensMax);
  expect(() => parseTokens(many(limits.tokensMax + 1))).toThrow(/are the most/);
});

const token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,40}={0,2}$/);
const access = fc.constantFrom('read-only' as const, 'read-write' as const);

test('any list of different tokens is found as it was written, and no other token is', () => {
  const lists = fc.uniqueArray(fc.tuple(token, access), {
    minLength: 1,
    maxLength: 10,
    selector: ([text]) => text,
  });
  fc.assert(
    fc.property(lists, token, (list, stranger) => {
      const known = parseTokens(list.map((words) => words.join(' ')).join('\n'));
      for (const [text, wanted] of list) expect(findToken(known, text)?.access).toBe(wanted);
      const mine = list.some(([text]) => text === stranger);
      expect(findToken(known, stranger) !== undefined).toBe(mine);
    }),
  );
});
