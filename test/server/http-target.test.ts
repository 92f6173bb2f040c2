// The target of a request as a whole URL, as `*`, and as what is neither: it leads where its path
// leads, is guarded as that is, and its host counts in place of the header.
// Sent over real sockets: clients and `inject` send paths.
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { localNames } from '../../server/heads.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';
import { portOf } from './support/raw-line.ts';

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const TOKEN = 'authorization: Bearer alpha\r\n';
const JSON_TYPE = 'content-type: application/json\r\n';

/** Sends one request with this line, headers and body. */
async function send(port: number, line: string, headers = '', body = ''): Promise<Answer> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let reply = '';
  socket.on('data', (text: string) => {
    reply += text;
  });
  const host = /^host:/im.test(headers) ? '' : 'host: localhost\r\n';
  const length = body === '' ? '' : `content-length: ${body.length}\r\n`;
  socket.write(`${line} HTTP/1.1\r\n${host}${headers}${length}connection: close\r\n\r\n${body}`);
  await once(socket, 'close');
  const [head = '', rest = ''] = reply.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body: rest };
}

const ENTRY = '/v1/databases/0/keys/a%2Fb';

test('an entry is written and read by whole URLs, whatever their host and scheme', async () => {
  const port = await portOf((await openApp()).app);
  const put = await send(port, `PUT http://kv.example:81${ENTRY}`, 'content-type: a/b\r\n', 'v');
  expect(put.status).toBe(201);
  for (const origin of ['http://h', 'https://h:443', 'HTTPS://H', 'http://[::1]:8000']) {
    const { status, body } = await send(port, `GET ${origin}${ENTRY}`);
    expect([status, body], origin).toEqual([200, 'v']);
  }
  expect((await send(port, `GET ${ENTRY}`)).body).toBe('v');
  const query = await send(port, 'GET http://h/v1/databases/0/keys?key=a%2Fb');
  expect(query.body).toBe('v');
  const kv = await send(port, 'PUT http://h/kv', JSON_TYPE, '{"key":"k","value":"v"}');
  expect(kv.body).toBe('{"status":"success"}');
});

test.each([
  ['GET http://h', 200, 'text/html'],
  ['GET http://h?x=1', 200, 'text/html'],
  ['GET http://h/nothing/here', 404, 'DKV_ROUTE_NOT_FOUND'],
  ['GET http://h/kv', 405, 'DKV_METHOD_NOT_ALLOWED'],
  ['PATCH http://h/kv', 405, 'DKV_METHOD_NOT_ALLOWED'],
  ['GET http://h//evil.example/kv', 404, 'DKV_ROUTE_NOT_FOUND'],
  ['GET http://h/http://h/health', 404, 'DKV_ROUTE_NOT_FOUND'],
  ['GET http://h/v1/databases/0/keys/k#part', 400, 'DKV_URL_INVALID'],
  ['GET http://h/v1/databases/0/keys/%', 400, 'DKV_URL_INVALID'],
])('%s is answered as its path is: %d %s', async (line, status, word) => {
  const port = await portOf((await openApp()).app);
  const answer = await send(port, line);
  expect(answer.status).toBe(status);
  expect(answer.head + answer.body).toContain(word);
});

test('the guard asks for what the path asks for', async () => {
  const port = await portOf((await openApp({ tokens: fixedTokens('alpha') })).app);
  const targets = ['/', ENTRY, '/kv'].map((path) => `http://h${path}`);
  const statuses = async (headers: string) =>
    Promise.all(targets.map(async (target) => (await send(port, `GET ${target}`, headers)).status));
  expect(await statuses('')).toEqual([200, 401, 405]);
  expect(await statuses(TOKEN)).toEqual([200, 404, 405]);
  const body = '{"key":"k"}';
  expect((await send(port, 'POST http://h/kv', JSON_TYPE, body)).status).toBe(401);
  // a path that is open within what is guarded, and the other way round
  for (const path of [
    '/health/../kv',
    '/kv?/health',
    '/kv#/health',
    '//health/kv',
    '/health%2Fkv',
  ]) {
    const { status } = await send(port, `POST http://health${path}`, JSON_TYPE, body);
    expect([401, 404, 405], path).toContain(status);
  }
});

test.each([
  'GET /health#x',
  'GET /#x',
  'GET http://h/#x',
  'GET /metrics?a=b#x',
  'GET /docs#x',
  'GET /health?%ff',
  'GET /openapi.json?a=%',
])('%s is refused, since it would be read otherwise than it was meant', async (line) => {
  const { status, body } = await send(await portOf((await openApp()).app), line);
  expect([status, JSON.parse(body).code]).toEqual([400, 'DKV_URL_INVALID']);
});

test('a write to a target with a # is not made; who may not call hears that first', async () => {
  const { app, store } = await openApp({ tokens: fixedTokens('alpha') });
  const port = await portOf(app);
  const body = '{"key":"k","value":"v"}';
  expect((await send(port, 'PUT /kv#x', TOKEN + JSON_TYPE, body)).status).toBe(400);
  expect((await send(port, 'PUT /kv?a#x', JSON_TYPE, body)).status).toBe(401);
  expect(await store.get(0, 'k')).toBeUndefined();
});

test('metrics and log tell the route', async () => {
  const { app, text } = await openApp({ requestLog: 'all' });
  const port = await portOf(app);
  await send(port, `GET http://a-host${ENTRY}`);
  await send(port, 'OPTIONS *');
  const { body } = await send(port, 'GET http://a-host/metrics');
  const route = '/v1/databases/:database/keys/:key';
  expect(body).toContain(`http_requests_total{method="GET",handler="${route}",status="404"} 1`);
  expect(body).toContain('http_requests_total{method="OPTIONS",handler="none",status="204"} 1');
  expect(body + text()).not.toContain('a-host');
});

test.each([
  ['http://localhost:8000', 'localhost', 200],
  ['http://localhost:8000', 'evil.example', 200],
  ['http://127.0.0.1', 'evil.example', 200],
  ['http://evil.example', 'localhost', 421],
  ['http://localhost@evil.example', 'localhost', 400],
  ['http://localhost', 'no/host', 400],
])('to %s under the name of %s an open server says %d', async (origin, host, status) => {
  const port = await portOf((await openApp({ names: localNames([]) })).app);
  expect((await send(port, `GET ${origin}/health`, `host: ${host}\r\n`)).status).toBe(status);
});

test('a header with the host is asked for all the same', async () => {
  const port = await portOf((await openApp()).app);
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write('GET http://localhost/health HTTP/1.1\r\n\r\n');
  const [reply] = (await once(socket, 'data')) as [string];
  expect(reply).toMatch(/^HTTP\/1\.1 400 .*it has no host/s);
});

test.each(['OPTIONS *', 'OPTIONS http://h'])('%s tells what methods there are', async (line) => {
  const { app } = await openApp({ tokens: fixedTokens('alpha') });
  const { status, head, body } = await send(await portOf(app), line);
  expect([status, body]).toEqual([204, '']);
  expect(head).toMatch(/\r\nallow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n/i);
});

test.each(['GET *', 'OPTIONS *x', 'GET ftp://h/health', 'GET http:///health', 'GET ws://h/kv'])(
  '%s is no target of this server',
  async (line) => {
    const { status, body } = await send(await portOf((await openApp()).app), line);
    expect([status, JSON.parse(body).code]).toEqual([400, 'DKV_URL_INVALID']);
  },
);
