// The text of a token Secret, as a client reads it.
import { describe, expect, it } from 'vitest';
import { firstToken, tokenCount } from '../../../cli/token-file.ts';

describe('the count of tokens', () => {
  it('passes over comments and empty lines', () => {
    expect(tokenCount('# ours\n\none\ntwo read-only\n')).toBe(2);
    expect(tokenCount('# ours\n')).toBe(0);
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
