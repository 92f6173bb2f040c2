// The docs are loaded and made when they are first asked for, and what a server was not set up for
// is not loaded at all. Real processes, which keep a list of what they load.
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf } from './support/raw-line.ts';
import { startRecorded } from './support/recorded-server.ts';
import { put } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

const MIB = 2 ** 20;

const DOCS = ['@fastify/swagger', '@fastify/swagger-ui', '@fastify/static', 'yaml'];
const COMPILERS = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'ajv'];
const UNASKED = [...COMPILERS, 'pg', 'jose', 'undici', 'light-my-request'];
const TRACES = ['@opentelemetry/sdk-trace-node', '@opentelemetry/exporter-trace-otlp-proto'];

test('a server has loaded neither docs nobody asked for nor what it has no use for', async () => {
  const { server, packages } = await startRecorded();
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  expect((await server.kv('POST', { key: 'missing' })).status).toBe(404);
  const loaded = packages();
  for (const name of ['fastify', 'better-sqlite3', 'typebox']) expect(loaded).toContain(name);
  for (const name of [...DOCS, ...UNASKED, ...TRACES]) expect(loaded).not.toContain(name);
});

test('the first requests for the docs, all at once, are answered with what they load', async () => {
  const { url, packages } = await startRecorded();
  const paths = ['/docs', '/openapi.json', '/docs/static/swagger-ui.css', '/openapi.json'];
  const replies = await Promise.all(paths.map((path) => fetch(url + path)));
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const [page, document, style, again] = await Promise.all(replies.map((reply) => reply.text()));
  expect(page).toContain('swagger-initializer.js');
  expect(style).toContain('.swagger-ui');
  expect(Object.keys(JSON.parse(document ?? '').paths)).toContain('/kv');
  expect(again).toBe(document);
  for (const name of DOCS) expect(packages()).toContain(name);
});

const STYLE = '/docs/static/swagger-ui.css';

test('a browser that has a file of the docs is not sent it again', async () => {
  const { send } = await openApp();
  const first = await send({ url: STYLE });
  const headers = { 'if-none-match': String(first.headers.etag) };
  const again = await send({ url: STYLE, headers });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  expect(again.headers).not.toHaveProperty('content-type');
  const changed = await send({ url: STYLE, headers: { 'if-none-match': '"other"' } });
  expect([changed.statusCode, changed.body]).toEqual([200, first.body]);
});

test('who asks for a part of a file of the docs gets all of it', async () => {
  const { send } = await openApp();
  const whole = await send({ url: STYLE });
  expect(whole.headers).not.toHaveProperty('accept-ranges');
  for (const range of ['bytes=10-19', 'bytes=99999999-']) {
    const reply = await send({ url: STYLE, headers: { range } });
    expect([reply.statusCode, reply.body]).toEqual([200, whole.body]);
  }
});

const BUNDLE = '/docs/static/swagger-ui-bundle.js';

test('docs that nobody reads take no room from those who read values', async () => {
  const { app, store, kv, lines } = await openApp({ repliesBytesMax: 2 * MIB });
  await put(store, 0, 'big', Buffer.alloc(MIB / 2, 'v'));
  const accepted: Socket[] = [];
  app.server.on('connection', (socket) => accepted.push(socket));
  const port = await portOf(app);
  const ask = `GET ${BUNDLE} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const readers = await Promise.all(Array.from({ length: 4 }, () => openRawLine(port)));
  for (const { socket } of readers) socket.pause().write(ask.repeat(10));
  await waitFor('a reply to wait', () => accepted.some(({ writableLength }) => writableLength > 0));
  expect((await kv('POST', { key: 'big' })).statusCode).toBe(200);
  for (const { socket } of readers) socket.destroy();
  expect(lines().filter(({ level }) => level >= 40)).toEqual([]);
});

test('HEAD of the docs tells their length and sends nothing', async () => {
  const { send } = await openApp();
  const [whole, head] = [await send({ url: STYLE }), await send({ method: 'HEAD', url: STYLE })];
  expect([head.statusCode, head.body]).toEqual([200, '']);
  expect(head.headers['content-length']).toBe(whole.headers['content-length']);
});

test('the page of the docs has one address, which the others lead to', async () => {
  const { send } = await openApp();
  const reply = await send({ url: '/docs/static/index.html' });
  expect([reply.statusCode, reply.headers.location]).toEqual([302, '/docs/']);
  expect((await send({ url: '/docs/' })).statusCode).toBe(200);
});

test.each([
  ['a path that leads out of them', '/docs/static/%2e%2e/%2e%2e/package.json'],
  ['a path with a zero byte', '/docs/static/a%00b'],
  ['the folder of files', '/docs/static/'],
  ['a file that there is not', '/docs/static/none.css'],
])('in the docs %s is not there, and no failure of the server', async (_, url) => {
  const { send, lines } = await openApp();
  const reply = await send({ url });
  expect([reply.statusCode, reply.json().code]).toEqual([404, 'DKV_ROUTE_NOT_FOUND']);
  expect(lines().filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('an app that is closed closes its docs, asked for or not', async () => {
  for (const urls of [[], ['/docs']]) {
    const { app, send } = await openApp();
    for (const url of urls) expect((await send({ url })).statusCode).toBe(200);
    await expect(app.close()).resolves.toBeUndefined();
  }
});
