// Which tokens of an issuer are taken: its own, for us, in their time, signed with its key; and
// what they may do then. The issuer is a real HTTP server.
import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { AUDIENCE, startIssuer } from './support/issuer.ts';
import { openCallers } from './support/jwt-callers.ts';

const nowSeconds = () => Math.floor(Date.now() / 1000);
const TOLERANCE = limits.oidcClockToleranceSeconds;

test.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])(
  'a token signed by %s counts',
  async (alg) => {
    const issuer = await startIssuer(alg);
    const { accessOf } = openCallers(issuer);
    expect(await accessOf(await issuer.sign())).toBe('read-write');
  },
);

test.each([
  ['for somebody else', { aud: 'another-service' }],
  ['for nobody', { aud: undefined }],
  ['for many, not us', { aud: ['a', 'b'] }],
  ['of another issuer', { iss: 'https://evil.example' }],
  ['of no issuer', { iss: undefined }],
  ['expired', { exp: nowSeconds() - TOLERANCE - 5 }],
  ['without an end', { exp: undefined }],
  ['not valid yet', { nbf: nowSeconds() + TOLERANCE + 60 }],
  ['with an end that is no time', { exp: '2099' as unknown as number }],
])('a token that is %s is not known', async (_, claims) => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  expect(await accessOf(await issuer.sign(claims))).toBeUndefined();
});

test.each([
  ['just expired, by our clock', { exp: nowSeconds() }],
  ['valid in a moment', { nbf: nowSeconds() + TOLERANCE - 10 }],
  ['for many, us among them', { aud: ['a', AUDIENCE] }],
])('a token that is %s counts', async (_, claims) => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  expect(await accessOf(await issuer.sign(claims))).toBe('read-write');
});

test('a token of somebody who has another key under the same name is not known', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  const shown = issuer.keys;
  await issuer.changeKey('first');
  issuer.keys = shown;
  expect(await accessOf(await issuer.sign())).toBeUndefined();
});

test('a token whose claims were changed is not known', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  const good = await issuer.sign({ scope: 'dumbkv:read-only' });
  const [head, , signature] = good.split('.');
  const [, claims] = (await issuer.sign()).split('.');
  expect(await accessOf([head, claims, signature].join('.'))).toBeUndefined();
  expect(await accessOf(good)).toBe('read-only');
});

/** The claims of a good token. */
const claimsOf = (url: string) => ({
  iss: url,
  aud: AUDIENCE,
  sub: 'somebody',
  exp: nowSeconds() + 60,
  scope: 'dumbkv:read-write',
});

test('a token without a signature is not known', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  const unsigned = new UnsecuredJWT(claimsOf(issuer.url)).encode();
  expect(await accessOf(unsigned)).toBeUndefined();
  expect(await accessOf(`${unsigned}AAAA`)).toBeUndefined();
});

test('a token signed by HMAC with a public key as its secret is not known', async () => {
  const issuer = await startIssuer('RS256');
  const { accessOf } = openCallers(issuer);
  const [jwk] = issuer.keys;
  const pem = await exportSPKI((await importJWK(jwk ?? {}, 'RS256')) as never);
  for (const secret of [pem, pem.trim(), jwk?.n ?? '']) {
    const head = { alg: 'HS256', kid: 'first' };
    const parts = [head, claimsOf(issuer.url)]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const mac = createHmac('sha256', secret).update(parts).digest('base64url');
    expect(await accessOf(`${parts}.${mac}`)).toBeUndefined();
  }
});

test('a token signed by HMAC is not known even where the issuer shows its secret', async () => {
  const issuer = await startIssuer();
  const secret = Buffer.alloc(32, 7);
  issuer.keys.push({ kty: 'oct', k: secret.toString('base64url'), kid: 'shared', alg: 'HS256' });
  const { accessOf } = openCallers(issuer);
  const token = await new SignJWT(claimsOf(issuer.url))
    .setProtectedHeader({ alg: 'HS256', kid: 'shared' })
    .sign(secret);
  expect(await accessOf(token)).toBeUndefined();
});

test('a key that comes with the token does not count', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const token = await new SignJWT(claimsOf(issuer.url))
    .setProtectedHeader({ alg: 'ES256', kid: 'first', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
  expect(await accessOf(token)).toBeUndefined();
});

test.each(['', 'a', 'a.b', 'a.b.c', 'a.b.c.d', '..', 'e30.e30.e30', 'token-of-a-file'])(
  '"%s" is no token of an issuer',
  async (token) => {
    const issuer = await startIssuer();
    expect(await openCallers(issuer).accessOf(token)).toBeUndefined();
  },
);

test('a long token counts like a short one, and a long piece of rubbish is refused', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer);
  const groups = Array.from({ length: 500 }, (_, i) => `group-${i}`);
  expect(await accessOf(await issuer.sign({ groups }))).toBe('read-write');
  const rubbish = 'a'.repeat(limits.headerBytesMax / 3);
  expect(await accessOf([rubbish, rubbish, rubbish].join('.'))).toBeUndefined();
});

test('the claim that says what a caller may do can be chosen', async () => {
  const issuer = await startIssuer();
  const { accessOf } = openCallers(issuer, {
    claim: 'realm_access.roles',
    readWriteValues: ['writers', 'admins'],
    readOnlyValues: ['readers'],
  });
  const accessWith = async (...roles: string[]) =>
    accessOf(await issuer.sign({ realm_access: { roles } }));
  expect(await accessWith('admins')).toBe('read-write');
  expect(await accessWith('readers', 'others')).toBe('read-only');
  expect(await accessWith('others')).toBe('none');
  expect(await accessOf(await issuer.sign())).toBe('none');
});

test('callers are told apart by who they are, and nothing of their token shows', async () => {
  const issuer = await startIssuer();
  const { callers } = openCallers(issuer);
  const idOf = async (sub: string | undefined) =>
    (await callers.callerOf(await issuer.sign({ sub, iat: nowSeconds() - 7 })))?.id;
  const first = await idOf('private-name');
  expect(await idOf('private-name')).toBe(first);
  expect(await idOf('another')).not.toBe(first);
  expect(await idOf(undefined)).not.toBe(first);
  expect(first).not.toContain('private');
});

test('what is refused is told on request, without the token', async () => {
  const issuer = await startIssuer();
  const { accessOf, lines, text } = openCallers(issuer);
  const token = await issuer.sign({ aud: 'another-service' });
  await accessOf(token);
  expect(lines().at(-1)).toMatchObject({ level: 20, reason: expect.stringContaining('aud') });
  for (const part of token.split('.')) expect(text()).not.toContain(part);
});
