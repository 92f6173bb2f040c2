// Every error is a problem with a code, wherever on the road it happens; a 5xx tells nothing of the
// inside. Bytes that are no request at all are in `http-raw.test.ts`.
import type { LightMyRequestResponse } from 'fastify';
import { expect, test } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { openApp } from './support/open-app.ts';

const SECRET_REASON = 'disk image is malformed at /secret/path';

function expectProblem(reply: LightMyRequestResponse, status: number, code: string): void {
  expect(reply.statusCode).toBe(status);
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = reply.json();
  expect(problem).toMatchObject({ type: 'about:blank', status, code });
  expect(problem.title).toBe(reply.statusMessage);
  expect(problem.detail).toMatch(/\.$/);
  expect(problem.instance).toBe(`urn:dumbkv:request:${reply.headers['x-request-id']}`);
}

test('an unknown path is 404', async () => {
  const { send } = await openApp();
  expectProblem(await send({ url: '/nothing' }), 404, 'DKV_ROUTE_NOT_FOUND');
  expectProblem(await send({ url: '/kv/' }), 404, 'DKV_ROUTE_NOT_FOUND');
  expectProblem(await send({ url: '/KV' }), 404, 'DKV_ROUTE_NOT_FOUND');
});

test.each([
  ['GET', '/kv', 'POST, PUT, DELETE'],
  ['HEAD', '/kv', 'POST, PUT, DELETE'],
  ['PATCH', '/kv', 'POST, PUT, DELETE'],
  ['OPTIONS', '/kv', 'POST, PUT, DELETE'],
  ['POST', '/health', 'GET, HEAD'],
  ['DELETE', '/metrics?x=1', 'GET, HEAD'],
  ['PUT', '/', 'GET, HEAD'],
] as const)('%s %s is 405 and says what is allowed', async (method, url, allow) => {
  const { send } = await openApp();
  const reply = await send({ method, url });
  expect(reply.statusCode).toBe(405);
  expect(reply.headers.allow).toBe(allow);
  if (method !== 'HEAD') expectProblem(reply, 405, 'DKV_METHOD_NOT_ALLOWED');
});

test('an unknown path is 404 before its body is looked at', async () => {
  const { send } = await openApp();
  const headers = { 'content-type': 'text/plain' };
  const reply = await send({ method: 'POST', url: '/nothing', headers, payload: 'anything' });
  expectProblem(reply, 404, 'DKV_ROUTE_NOT_FOUND');
});

test('a path that cannot be decoded is 400', async () => {
  const { send } = await openApp();
  expectProblem(await send({ url: '/%zz' }), 400, 'DKV_URL_INVALID');
});

test.each(['hidden-in-docs', '../package.json', '%2e%2e/%2e%2e/package.json', 'static/nothing.js'])(
  'there is no /docs/%s',
  async (path) => {
    const { send } = await openApp();
    const reply = await send({ url: `/docs/${path}` });
    expect(reply.statusCode).toBe(404);
    expect(reply.body).not.toContain('devDependencies');
  },
);

/** A store that fails in a way nobody has foreseen. */
const failing = (error: unknown) =>
  ({
    get: () => Promise.reject(error),
    write: () => Promise.reject(error),
    scan: () => Promise.reject(error),
    changes: () => Promise.reject(error),
    watch: () => () => {},
    state: () => Promise.reject(error),
    vitals: () => Promise.reject(error),
    observe: () => {},
    ping: () => Promise.reject(error),
    info: () => ({
      engine: 'sqlite',
      storeId: 's',
      incarnation: 'i',
      schemaVersion: 1,
      journalMode: 'wal',
    }),
    close: () => Promise.resolve(),
  }) satisfies Store;

test('an unforeseen failure is 500 and tells only the log why', async () => {
  const { kv, lines } = await openApp({ store: failing(new Error(SECRET_REASON)) });
  for (const method of ['POST', 'DELETE'] as const) {
    const reply = await kv(method, { key: 'k' });
    expectProblem(reply, 500, 'DKV_INTERNAL');
    expect(reply.body).not.toContain('malformed');
  }
  const logged = lines().filter(({ msg }) => msg === 'a request failed');
  expect(logged).toHaveLength(2);
  expect(logged[0]).toMatchObject({ code: 'DKV_INTERNAL', err: { message: SECRET_REASON } });
});

test('something thrown that is no error is 500 too', async () => {
  const { kv } = await openApp({ store: failing('a text') });
  const reply = await kv('POST', { key: 'k' });
  expect(reply.statusCode).toBe(500);
  expect(reply.json()).toMatchObject({ code: 'DKV_INTERNAL' });
});

test('a store that does not answer makes health 503, but the process is alive', async () => {
  const { send } = await openApp({ store: failing(new Error(SECRET_REASON)) });
  for (const url of ['/health', '/health/ready', '/health/startup']) {
    expect((await send({ url })).statusCode).toBeGreaterThanOrEqual(500);
  }
  expect((await send({ url: '/health/live' })).statusCode).toBe(200);
});

test('a failure that the client caused is not in the log', async () => {
  const { kv, lines } = await openApp();
  const before = lines().length;
  await kv('POST', { key: 'missing' });
  await kv('POST', { key: 1 });
  expect(lines().slice(before)).toEqual([]);
});

test('no log line holds a key or a value, whatever happens', async () => {
  const { kv, text } = await openApp({ store: failing(new Error('broken')) });
  await kv('PUT', { key: 'private-key', value: 'private-value' });
  await kv('PUT', { key: 'private-key', value: 'private-value', 'private-field': 1 });
  await kv('PUT', '{"key":"private-key');
  expect(text()).not.toContain('private');
});
