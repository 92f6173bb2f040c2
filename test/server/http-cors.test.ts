// Cross-origin calls: only pages of the allowed origins get the headers that browsers ask for.
// Requests are what browsers send: a preflight without a token, then the call.
import { expect, test } from 'vitest';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';

const MINE = 'https://app.example';
const OTHER = 'https://evil.example';
const allowedOrigins = [MINE, 'http://localhost:3000'];

const preflight = (origin: string) => ({
  method: 'OPTIONS' as const,
  url: '/kv',
  headers: {
    origin,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization,content-type',
  },
});

const corsHeaders = (headers: Record<string, unknown>): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

test.each(allowedOrigins)('a preflight of %s is answered for that origin alone', async (origin) => {
  const { send } = await openApp({ allowedOrigins });
  const reply = await send(preflight(origin));
  expect(reply.statusCode).toBe(204);
  expect(reply.body).toBe('');
  expect(reply.headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
    'access-control-allow-headers':
      'authorization, content-type, if-match, if-none-match, dumbkv-ttl, last-event-id, ' +
      'traceparent, tracestate',
    'access-control-max-age': '600',
  });
  expect(reply.headers.vary).toMatch(/^Origin, Access-Control-Request-Method/);
});

test.each([
  OTHER,
  'null',
  'https://app.example.evil.example',
  'http://app.example',
  `${MINE}:8443`,
])('a preflight of %s gets nothing', async (origin) => {
  const { send } = await openApp({ allowedOrigins });
  const reply = await send(preflight(origin));
  expect(reply.statusCode).toBe(405);
  expect(corsHeaders(reply.headers)).toEqual([]);
  expect(reply.headers.vary).toBe('Origin');
});

test('without allowed origins nothing is added to any reply', async () => {
  const { send, kv } = await openApp();
  const reply = await send(preflight(MINE));
  expect(reply.statusCode).toBe(405);
  expect(corsHeaders(reply.headers)).toEqual([]);
  const call = await kv('POST', { key: 'k' }, { origin: MINE });
  expect(corsHeaders(call.headers)).toEqual([]);
  expect(call.headers.vary).toBeUndefined();
});

test('a call of an allowed page may be read by it', async () => {
  const { kv } = await openApp({ allowedOrigins });
  const reply = await kv('PUT', { key: 'k', value: 'v' }, { origin: MINE });
  expect(reply.statusCode).toBe(200);
  expect(reply.headers['access-control-allow-origin']).toBe(MINE);
  expect(reply.headers['access-control-expose-headers']).toBe('*');
  expect(reply.headers.vary).toBe('Origin');
});

test('so may an error', async () => {
  const { kv } = await openApp({ allowedOrigins });
  const reply = await kv('POST', { key: 'missing' }, { origin: MINE });
  expect(reply.statusCode).toBe(404);
  expect(reply.headers['access-control-allow-origin']).toBe(MINE);
});

test('a call of another page is answered without leave to read it', async () => {
  const { kv } = await openApp({ allowedOrigins });
  const reply = await kv('POST', { key: 'missing' }, { origin: OTHER });
  expect(corsHeaders(reply.headers)).toEqual([]);
  expect(reply.headers.vary).toBe('Origin');
});

test('credentials are never allowed: tokens are sent by hand, cookies do not exist', async () => {
  const { send } = await openApp({ allowedOrigins });
  const reply = await send(preflight(MINE));
  expect(reply.headers['access-control-allow-credentials']).toBeUndefined();
});

test('a preflight needs no token, the call does, and its 401 can be read', async () => {
  const { send, kv } = await openApp({ allowedOrigins, tokens: fixedTokens('s3cret') });
  expect((await send(preflight(MINE))).statusCode).toBe(204);
  const reply = await kv('POST', { key: 'k' }, { origin: MINE });
  expect(reply.statusCode).toBe(401);
  expect(reply.headers['access-control-allow-origin']).toBe(MINE);
});

test('OPTIONS that is no preflight is 405', async () => {
  const { send } = await openApp({ allowedOrigins });
  const reply = await send({ method: 'OPTIONS', url: '/kv', headers: { origin: MINE } });
  expect(reply.statusCode).toBe(405);
});
