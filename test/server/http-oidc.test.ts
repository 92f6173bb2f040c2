// Callers with a JWT, over HTTP: what each is answered, beside the tokens of a file, and in a
// server that was started with the settings of an issuer.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eitherOf } from '../../server/callers.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { AUDIENCE, startIssuer } from './support/issuer.ts';
import { openCallers } from './support/jwt-callers.ts';
import { openApp } from './support/open-app.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const KEY = { key: 'k' };
const ENTRY = { key: 'k', value: 'v' };

async function appWithIssuer(text = 'file-token\n') {
  const issuer = await startIssuer();
  const { callers } = openCallers(issuer);
  const app = await openApp({ tokens: eitherOf(fixedTokens(text), callers) });
  return { ...app, issuer };
}

test.each([
  ['dumbkv:read-write', 200, 200],
  ['openid dumbkv:read-only', 403, 200],
  ['openid profile', 403, 403],
])('the scope "%s" is answered %i on a write and %i on a read', async (scope, write, read) => {
  const { kv, issuer } = await appWithIssuer();
  await kv('PUT', ENTRY, bearer('file-token'));
  const headers = bearer(await issuer.sign({ scope }));
  expect((await kv('PUT', ENTRY, headers)).statusCode).toBe(write);
  expect((await kv('POST', KEY, headers)).statusCode).toBe(read);
});

test('a good token without access is told so', async () => {
  const { kv, issuer } = await appWithIssuer();
  const reply = await kv('POST', KEY, bearer(await issuer.sign({ scope: 'openid' })));
  expect(reply.json()).toMatchObject({ status: 403, code: 'DKV_TOKEN_NO_ACCESS' });
  expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope"');
});

test('a bad token of the issuer is 401 like any other', async () => {
  const { kv, issuer } = await appWithIssuer();
  const reply = await kv('POST', KEY, bearer(await issuer.sign({ aud: 'another-service' })));
  expect(reply.json()).toMatchObject({ status: 401, code: 'DKV_TOKEN_INVALID' });
  expect(reply.headers['www-authenticate']).toBe('Bearer realm="dumbkv", error="invalid_token"');
});

test('without the issuer its callers come again later, and those of the file go on', async () => {
  const issuer = await startIssuer();
  const token = await issuer.sign();
  await issuer.leave();
  const { callers } = openCallers(issuer);
  const { kv, lines } = await openApp({ tokens: eitherOf(fixedTokens('file-token'), callers) });
  const reply = await kv('PUT', ENTRY, bearer(token));
  expect(reply.json()).toMatchObject({ status: 503, code: 'DKV_ISSUER_UNAVAILABLE' });
  expect(reply.headers['retry-after']).toBe('5');
  expect(lines().filter(({ level }) => level >= 50)).toEqual([]);
  expect((await kv('PUT', ENTRY, bearer('file-token'))).statusCode).toBe(200);
  expect((await kv('PUT', ENTRY, bearer('wrong-token'))).statusCode).toBe(401);
});

test('a token of the file that looks like a JWT is one of the file', async () => {
  const { kv, issuer } = await appWithIssuer('a.b.c read-only\n');
  expect((await kv('POST', KEY, bearer('a.b.c'))).statusCode).toBe(404);
  expect((await kv('PUT', ENTRY, bearer('a.b.c'))).statusCode).toBe(403);
  expect((await kv('PUT', ENTRY, bearer(await issuer.sign()))).statusCode).toBe(200);
});

test('a token that is longer than all headers may be is 431', async () => {
  const { app, issuer } = await appWithIssuer();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const groups = Array.from({ length: 2_000 }, (_, i) => `group-${i}`);
  const token = await issuer.sign({ groups });
  const reply = await fetch(`${app.listeningOrigin}/kv`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(token) },
    body: JSON.stringify(KEY),
  });
  expect(reply.status).toBe(431);
});

test('a server with an issuer takes its tokens beside those of a file', async () => {
  const issuer = await startIssuer('RS256');
  const folder = tempFolder();
  writeFileSync(join(folder, 'tokens'), 'file-token read-only\n');
  const server = startServer(folder, {
    TOKENS_FILE: 'tokens',
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: `other, ${AUDIENCE}`,
    OIDC_ACCESS_CLAIM: 'groups',
    OIDC_READ_WRITE_VALUES: 'writers',
  });
  const url = await server.url();
  const put = async (token: string) =>
    (
      await fetch(`${url}/kv`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', ...bearer(token) },
        body: JSON.stringify(ENTRY),
      })
    ).status;
  expect(await put(await issuer.sign({ groups: ['writers'] }))).toBe(200);
  expect(await put(await issuer.sign({ groups: ['readers'] }))).toBe(403);
  expect(await put('file-token')).toBe(403);
  expect((await server.kv('PUT', ENTRY)).status).toBe(401);
  expect(await server.end('SIGTERM')).toBe(0);
});

test('an issuer that is away does not keep the server from starting or from ending', async () => {
  const issuer = await startIssuer();
  await issuer.leave();
  const server = startServer(tempFolder(), { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: AUDIENCE });
  expect((await fetch(`${await server.url()}/health/ready`)).status).toBe(200);
  expect((await server.kv('PUT', ENTRY)).status).toBe(401);
  await waitFor('the log to tell', () =>
    server.lines().some(({ msg }) => msg.startsWith('the keys of the issuer cannot be had')),
  );
  expect(server.lines().some(({ msg }) => msg.includes('everybody'))).toBe(false);
  expect(await server.end('SIGTERM')).toBe(0);
});
