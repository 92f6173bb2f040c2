// The headers that keep browsers and caches from making more of a reply than it is.
// That they do in a real browser is tested in page-browser.test.ts.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { stampReplies } from '../../server/reply-headers.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';
import { portOf } from './support/raw-line.ts';

const bearer = { authorization: 'Bearer alpha' };

test.each([
  '/',
  '/favicon.ico',
  '/kv',
  '/health',
  '/metrics',
  '/docs',
  '/docs/static/swagger-ui.css',
  '/openapi.json',
  '/nothing',
  '/%',
])('the type of %s is not to be guessed', async (url) => {
  const { send } = await openApp();
  expect((await send({ url })).headers['x-content-type-options']).toBe('nosniff');
});

test.each([
  ['a value', 'PUT', 200, bearer],
  ['a miss', 'POST', 404, bearer],
  ['a refusal', 'PUT', 401, {}],
  ['a wrong method', 'PATCH', 405, bearer],
] as const)('no cache keeps %s', async (_, method, status, headers) => {
  const { send } = await openApp({ tokens: fixedTokens('alpha') });
  const payload = method === 'PUT' ? { key: 'k', value: 'v' } : { key: 'missing' };
  const reply = await send({ method, url: '/kv', payload, headers });
  expect(reply.statusCode).toBe(status);
  expect(reply.headers['cache-control']).toBe('no-store');
});

test.each(['/health', '/metrics', '/openapi.json', '/nothing', '/%'])(
  'no cache keeps %s',
  async (url) => {
    const { send } = await openApp();
    expect((await send({ url })).headers['cache-control']).toBe('no-store');
  },
);

test('the page and its icon say themselves how long they may be kept', async () => {
  const { send } = await openApp();
  expect((await send({ url: '/' })).headers['cache-control']).toBe('no-cache');
  expect((await send({ url: '/favicon.ico' })).headers['cache-control']).toMatch(
    /^public, max-age/,
  );
});

test.each(['/', '/docs', '/metrics', '/favicon.ico'])(
  '%s is shown in no frame, and tells nobody where its reader came from',
  async (url) => {
    const { send } = await openApp();
    const { headers } = await send({ url });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  },
);

test.each([
  ['text/html', true],
  ['image/svg+xml', true],
  ['application/octet-stream', true],
  ['application/jsonp', true],
  [undefined, true],
  ['application/json', false],
  ['application/json; charset=utf-8', false],
  ['application/problem+json', false],
])('a reply of type %s can do nothing in a browser', async (type, isMarked) => {
  const app = Fastify();
  onTestFinished(() => app.close());
  stampReplies(app);
  app.get('/', async (_request, reply) => {
    if (type !== undefined) reply.type(type);
    return reply.send(Buffer.from('<script>alert(1)</script>'));
  });
  const { headers } = await app.inject('/');
  expect(headers['x-content-type-options']).toBe('nosniff');
  const policy = headers['content-security-policy'];
  if (isMarked) expect(policy).toMatch(/^default-src 'none';.* sandbox$/);
  else expect(policy).toBeUndefined();
});

test('what a route says itself stays', async () => {
  const app = Fastify();
  onTestFinished(() => app.close());
  stampReplies(app);
  app.get('/', async (_request, reply) =>
    reply.headers({ 'cache-control': 'private', 'content-security-policy': 'own' }).send('text'),
  );
  const { headers } = await app.inject('/');
  expect(headers).toMatchObject({ 'cache-control': 'private', 'content-security-policy': 'own' });
});

test('a reply to bytes that are no request carries them too', async () => {
  const socket = connect(await portOf((await openApp()).app), '127.0.0.1');
  socket.write('this is not HTTP\r\n\r\n');
  const reply = await text(socket);
  expect(reply).toMatch(/\r\nX-Content-Type-Options: nosniff\r\n/);
  expect(reply).toMatch(/\r\nCache-Control: no-store\r\n/);
});
