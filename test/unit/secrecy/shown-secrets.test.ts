// How tests look for what Secrets hold: each value in whole and in parts, in every spelling, and
// never told in the finding.
import { describe, expect, it } from 'vitest';
import { secretValuesOf, shownIn } from '../../support/shown-secrets.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

const secret = (data: Record<string, string>) => ({
  metadata: { name: 'orders-token' },
  data: Object.fromEntries(Object.entries(data).map(([field, text]) => [field, encoded(text)])),
});

const textsOf = (data: Record<string, string>): string[] =>
  secretValuesOf([secret(data)]).map(({ text }) => text);

describe('the values of a Secret', () => {
  it('are its lines, without the mark of an access or a comment', () => {
    const texts = textsOf({ token: '# ours: canary-comment\ncanary-token-0123 read-only\n' });
    expect(texts).toEqual(
      expect.arrayContaining(['ours: canary-comment', 'canary-token-0123 read-only']),
    );
    expect(texts).toContain('canary-token-0123');
  });

  it('are the password of a URL too, as it stands there and as it is meant', () => {
    const url = 'postgres://role:canary%2Fpassword@db.example.com:5432/kv';
    expect(textsOf({ url })).toEqual([url, 'canary%2Fpassword', 'canary/password']);
  });

  it('are not what others may know, nor what stands anywhere by chance', () => {
    const open = { 'store-made': '2030-01-01T00:00:00Z', username: 'a-name-that-is-long' };
    expect(textsOf({ ...open, 'ca.crt': 'a certificate for all', short: 'dumbkv' })).toEqual([]);
  });

  it('are what a frame holds, not the frame', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nbm8gcmVhbCBrZXk=\n-----END PRIVATE KEY-----';
    expect(textsOf({ 'tls.key': key })).toEqual([key, 'bm8gcmVhbCBrZXk=']);
  });

  it('may be none', () => {
    expect(secretValuesOf([{ metadata: { name: 'empty' } }])).toEqual([]);
  });
});

describe('what is shown', () => {
  const values = secretValuesOf([secret({ token: 'canary"token/0123' })]);
  const token = 'canary"token/0123';

  it.each([
    ['plain', token],
    ['in base64', encoded(token)],
    ['in base64 with the end of its line', encoded(`${token}\n`)],
    ['in hexadecimal', Buffer.from(token).toString('hex')],
    ['in a URL', encodeURIComponent(token)],
    ['in JSON', JSON.stringify({ token })],
  ])('is found %s', (_how, spelling) => {
    const places = new Map([
      ['the log', `before ${spelling} after`],
      ['an event', 'nothing'],
    ]);
    expect(shownIn(places, values)).toEqual(['the log shows orders-token/token']);
  });

  it('is nothing where nothing is', () => {
    expect(shownIn(new Map([['the log', 'all is well']]), values)).toEqual([]);
  });
});
