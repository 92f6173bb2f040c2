// The text of a token Secret through a rotation: whatever stood there, the server takes each stage.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  firstToken,
  isRotating,
  renewed,
  tokenCount,
  withoutFirstTokens,
  withSecondTokens,
} from '../../../cli/token-file.ts';
import { findToken, parseTokens } from '../../../server/tokens.ts';

const AT = new Date('2030-01-01T00:00:00Z');

function counter(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `fresh-${count}`;
  };
}

const tokens = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,12}={0,2}$/), {
  minLength: 1,
  maxLength: 5,
});
const lines = tokens.chain((all) =>
  fc.tuple(
    ...all.map((token) =>
      fc
        .tuple(
          fc.constantFrom('', ' read-only', '  read-write'),
          fc.constantFrom('', '# ours\n', '\n'),
        )
        .map(([access, before]) => `${before}${token}${access}`),
    ),
  ),
);
const texts = fc
  .tuple(lines, fc.constantFrom('', '\n', '\n\n'))
  .map(([all, end]) => `${all.join('\n')}${end}`);

describe('a rotation', () => {
  it('keeps every old token beside as many new ones, then the new ones alone', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const before = parseTokens(text);
        const both = withSecondTokens(text, AT, counter());
        const after = withoutFirstTokens(both);
        const accesses = before.map(({ access }) => access);
        expect(isRotating(text)).toBe(false);
        expect(isRotating(both)).toBe(true);
        expect(isRotating(after)).toBe(false);
        expect(parseTokens(both).map(({ access }) => access)).toEqual([...accesses, ...accesses]);
        expect(parseTokens(both).slice(0, before.length)).toEqual(before);
        expect(parseTokens(after)).toEqual(parseTokens(both).slice(before.length));
        expect(tokenCount(both)).toBe(2 * before.length);
      }),
    );
  });

  it('keeps what stands beside a token, and says when it began', () => {
    const text = '# the shop\nold read-only\n';
    expect(withSecondTokens(text, AT, counter())).toBe(
      '# the shop\nold read-only\n' +
        '# rotated 2030-01-01T00:00:00.000Z: rotate-token --finish removes what stands above\n' +
        '# the shop\nfresh-1 read-only\n',
    );
  });

  it('may do without an overlap', () => {
    const text = renewed('one\ntwo read-only', counter());
    expect(text).toBe('fresh-1\nfresh-2 read-only\n');
    expect(findToken(parseTokens(text), 'one')).toBeUndefined();
  });
});

describe('the token to call with', () => {
  it.each([
    ['one\n', 'one'],
    ['# mine\n\none\ntwo\n', 'one'],
    ['reader read-only\nwriter\n', 'writer'],
    ['reader read-only\n', 'reader'],
    ['writer read-write\r\n', 'writer'],
  ])('of %j is %s', (text, token) => {
    expect(firstToken(text)).toBe(token);
  });

  it('is none where there is none', () => {
    expect(firstToken('# nothing\n')).toBeUndefined();
  });
});
