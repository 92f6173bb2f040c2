// Who may call: which routes ask for a token, what they answer without the right one, and when.
// The token file is tested in test/unit/server/tokens.test.ts and tokens-reload.test.ts.
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { guard } from '../../server/auth.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';

const tokens = fixedTokens('writer-token\nreader-token read-only\n');

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const KEY = { key: 'k' };
const ENTRY = { key: 'k', value: 'v' };

test.each([
  ['POST', KEY],
  ['PUT', ENTRY],
  ['DELETE', KEY],
] as const)('%s /kv without a token is 401 and says how', async (method, body) => {
  const { kv } = await openApp({ tokens });
  const reply = await kv(method, body);
  expect(reply.statusCode).toBe(401);
  expect(reply.json()).toMatchObject({ code: 'DKV_TOKEN_MISSING' });
  expect(reply.headers['www-authenticate']).toBe('Bearer realm="dumbkv"');
});

test.each([
  'Bearer wrong-token',
  'Bearer writer-toke',
  'Bearer writer-token2',
  'Bearer',
  'Bearer ',
  'Bearer writer-token reader-token',
  'Basic d3JpdGVyLXRva2Vu',
  'writer-token',
  'Bearer "writer-token"',
])('Authorization: %s is 401', async (authorization) => {
  const { kv } = await openApp({ tokens });
  const reply = await kv('POST', KEY, { authorization });
  expect(reply.statusCode).toBe(401);
  expect(reply.json()).toMatchObject({ code: 'DKV_TOKEN_INVALID' });
  expect(reply.headers['www-authenticate']).toBe('Bearer realm="dumbkv", error="invalid_token"');
});

test('a token that may write may do everything', async () => {
  const { kv } = await openApp({ tokens });
  const headers = bearer('writer-token');
  expect((await kv('PUT', ENTRY, headers)).statusCode).toBe(200);
  expect((await kv('POST', KEY, headers)).json()).toEqual({ value: 'v' });
  expect((await kv('DELETE', KEY, headers)).statusCode).toBe(200);
});

test.each(['bearer reader-token', 'BEARER reader-token', 'Bearer   reader-token '])(
  '"%s" is the same token',
  async (authorization) => {
    const { kv } = await openApp({ tokens });
    expect((await kv('POST', KEY, { authorization })).statusCode).toBe(404);
  },
);

test('a token that may only read is 403 on writes, and nothing is written', async () => {
  const { kv } = await openApp({ tokens });
  await kv('PUT', ENTRY, bearer('writer-token'));
  for (const [method, body] of [
    ['PUT', { key: 'k', value: 'changed' }],
    ['DELETE', KEY],
  ] as const) {
    const reply = await kv(method, body, bearer('reader-token'));
    expect(reply.statusCode).toBe(403);
    expect(reply.json()).toMatchObject({ code: 'DKV_TOKEN_READ_ONLY' });
    expect(reply.headers['www-authenticate']).toContain('error="insufficient_scope"');
  }
  expect((await kv('POST', KEY, bearer('reader-token'))).json()).toEqual({ value: 'v' });
});

test('the token is asked for before the body is read', async () => {
  const { kv } = await openApp({ tokens });
  expect((await kv('PUT', '{ this is no JSON')).statusCode).toBe(401);
  expect((await kv('PUT', 'text', { 'content-type': 'text/plain' })).statusCode).toBe(401);
  expect((await kv('PUT', ' '.repeat(10_000_000))).statusCode).toBe(401);
});

test.each([
  '/',
  '/favicon.ico',
  '/health',
  '/health/live',
  '/health/ready',
  '/health/startup',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/docs/json',
  '/docs/static/swagger-ui.css',
])('GET %s needs no token', async (url) => {
  const { send } = await openApp({ tokens });
  expect((await send({ url })).statusCode).toBe(200);
});

test('an unknown path is 404 and not 401', async () => {
  const { send } = await openApp({ tokens });
  expect((await send({ url: '/nothing' })).statusCode).toBe(404);
});

test('a route that says nothing of access asks for a token that may write', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  app.setErrorHandler((error, _request, reply) =>
    reply.code((error as { status?: number }).status ?? 500).send(),
  );
  guard(app, tokens);
  app.get('/new', async () => 'secret');
  const statusOf = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/new', headers })).statusCode;
  expect(await statusOf({})).toBe(401);
  expect(await statusOf(bearer('reader-token'))).toBe(403);
  expect(await statusOf(bearer('writer-token'))).toBe(200);
});

test('without tokens everybody may call, and a token is not looked at', async () => {
  const { kv } = await openApp();
  expect((await kv('PUT', ENTRY)).statusCode).toBe(200);
  expect((await kv('POST', KEY, bearer('whatever'))).statusCode).toBe(200);
});

test('no token is in a reply or in the log', async () => {
  const { kv, text } = await openApp({ tokens });
  const reply = await kv('POST', KEY, bearer('wrong-private-token'));
  await kv('PUT', ENTRY, bearer('reader-token'));
  expect(reply.body).not.toContain('private');
  expect(text()).not.toContain('token');
});
