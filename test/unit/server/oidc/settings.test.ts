// The settings of an issuer: what is refused, alone and beside each other.
// What they lead to is tested in test/server/http-oidc.test.ts.
import { expect, test } from 'vitest';
import { type Config, configFrom } from '../../../../server/config.ts';

const BOTH = { OIDC_ISSUER: 'https://issuer.example/realm', OIDC_AUDIENCE: 'dumbkv' };

test('an issuer and an audience suffice', () => {
  expect(configFrom(BOTH)).toMatchObject({
    oidcIssuer: 'https://issuer.example/realm',
    oidcAudience: ['dumbkv'],
    oidcAccessClaim: 'scope',
    oidcReadWriteValues: ['dumbkv:read-write'],
    oidcReadOnlyValues: ['dumbkv:read-only'],
  } satisfies Partial<Config>);
});

test.each([
  'https://issuer.example',
  'https://issuer.example/',
  'https://issuer.example:8443/a/b/',
  'http://localhost:8080/realms/x',
  'http://127.0.0.1',
  'http://[::1]:8080',
])('OIDC_ISSUER=%s is taken as it stands', (text) => {
  expect(configFrom({ ...BOTH, OIDC_ISSUER: text }).oidcIssuer).toBe(text);
});

test.each([
  'issuer.example',
  'http://issuer.example',
  'http://127.0.0.1.evil.example',
  'ftp://127.0.0.1',
  'https://user@issuer.example',
  'https://:word@issuer.example',
  'https://issuer.example/?tenant=a',
  'https://issuer.example/#a',
  'https://',
])('OIDC_ISSUER=%s is refused, and not repeated', (text) => {
  const start = () => configFrom({ ...BOTH, OIDC_ISSUER: text });
  expect(start).toThrow(/OIDC_ISSUER must be an https URL/);
  expect(start).not.toThrow(text);
});

test('lists are read with commas between', () => {
  const config = configFrom({ ...BOTH, OIDC_READ_ONLY_VALUES: 'a, b c ,d', OIDC_AUDIENCE: 'x,y' });
  expect(config.oidcReadOnlyValues).toEqual(['a', 'b c', 'd']);
  expect(config.oidcAudience).toEqual(['x', 'y']);
  expect(Object.isFrozen(config.oidcAudience)).toBe(true);
});

test.each(['a,,b', ',', 'a,', ' '])('a list with a gap is refused: "%s"', (text) => {
  expect(() => configFrom({ ...BOTH, OIDC_AUDIENCE: text })).toThrow(/must be words with commas/);
});

test('an issuer without an audience is refused: its tokens for others would count', () => {
  const { OIDC_ISSUER } = BOTH;
  expect(() => configFrom({ OIDC_ISSUER })).toThrow(/OIDC_AUDIENCE must be set beside OIDC_ISSUER/);
});

test.each([
  'OIDC_AUDIENCE',
  'OIDC_ACCESS_CLAIM',
  'OIDC_READ_WRITE_VALUES',
  'OIDC_READ_ONLY_VALUES',
])('%s without an issuer is refused: somebody believes that it does something', (name) => {
  expect(() => configFrom({ [name]: 'a' })).toThrow(`${name} must not be set without OIDC_ISSUER`);
  expect(() => configFrom({ [name]: '' })).not.toThrow();
});
