// The names that an open server for its own machine answers to: a web page must not reach it under
// a name of its own (DNS rebinding). On a network, or with tokens, any name will do.
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { isLoopback, localNames } from '../../server/heads.ts';
import { openApp } from './support/open-app.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';

const names = localNames(['https://app.example:8443']);

test.each([
  'localhost',
  'localhost:8000',
  'LocalHost:8000',
  '127.0.0.1:8000',
  '127.1.2.3',
  '[::1]:8000',
  '[::1]',
  '192.0.2.7:8000',
  'app.example',
  'app.example:8000',
])('%s is answered', async (host) => {
  const { send } = await openApp({ names });
  expect((await send({ url: '/health', headers: { host } })).statusCode).toBe(200);
});

test.each([
  'evil.example',
  'evil.example:8000',
  'localhost.evil.example:8000',
  'evil.localhost',
  '127.0.0.1.evil.example',
  'app.example.evil.example',
  '[evil]',
  '2130706433',
])('"%s" is not, whatever it asks for', async (host) => {
  const { kv, send } = await openApp({ names });
  const reply = await kv('PUT', { key: 'k', value: 'v' }, { host });
  expect([400, 421]).toContain(reply.statusCode);
  expect(reply.body).toMatch(/DKV_HOST_UNKNOWN|DKV_REQUEST_MALFORMED/);
  expect((await send({ url: '/', headers: { host } })).statusCode).toBe(reply.statusCode);
  expect((await kv('POST', { key: 'k' })).statusCode).toBe(404);
});

test('without names any host is answered', async () => {
  const { send } = await openApp();
  const headers = { host: 'orders.shop.svc.cluster.local' };
  expect((await send({ url: '/health', headers })).statusCode).toBe(200);
});

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['LocalHost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.1', false],
  ['example.org', false],
])('what listens on %s is for this machine alone: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ['open, on the loopback address', {}, 421],
  ['open, on all addresses', { HOST: '0.0.0.0' }, 404],
])('a server that is %s answers a strange name so', async (_, env, status) => {
  const server = startServer(tempFolder(), env);
  const { port } = new URL(await server.url());
  const headers = { host: 'evil.example', 'content-type': 'application/json' };
  const reply = await new Promise<number | undefined>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/kv', method: 'POST', headers }, (response) =>
      resolve(response.resume().statusCode),
    )
      .on('error', reject)
      .end('{"key":"k"}');
  });
  expect(reply).toBe(status);
});
