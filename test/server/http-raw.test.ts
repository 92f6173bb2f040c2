// Real sockets: bytes that are no request, bounds of Node's parser, and connections that are kept
// or ended. What well-formed requests get is tested with `inject` in the other files.
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openApp } from './support/open-app.ts';
import { portOf } from './support/raw-line.ts';
import { valueAt } from './support/store-calls.ts';

const listening = async (): Promise<number> => portOf((await openApp()).app);

/** Sends bytes and gives all that comes back until the server ends the connection. */
async function exchange(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  for (const part of parts) socket.write(part);
  let reply = '';
  for await (const chunk of socket.setEncoding('utf8')) reply += chunk;
  return reply;
}

const bodyOf = (reply: string): unknown => JSON.parse(reply.slice(reply.indexOf('\r\n\r\n') + 4));

test('bytes that are no HTTP get a problem and the end of the connection', async () => {
  const reply = await exchange(await listening(), 'this is not HTTP\r\n\r\n');
  expect(reply).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(reply).toContain('Content-Type: application/problem+json');
  expect(bodyOf(reply)).toMatchObject({ status: 400, code: 'DKV_REQUEST_MALFORMED' });
});

test('headers beyond their bound get 431', async () => {
  const header = `x-large: ${'x'.repeat(limits.headerBytesMax)}`;
  const reply = await exchange(
    await listening(),
    `GET / HTTP/1.1\r\nhost: localhost\r\n${header}\r\n\r\n`,
  );
  expect(reply).toMatch(/^HTTP\/1\.1 431 /);
  expect(bodyOf(reply)).toMatchObject({ status: 431, code: 'DKV_HEADERS_TOO_LARGE' });
});

test.each([
  ['two lengths', 'content-length: 5\r\ncontent-length: 6\r\n'],
  ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked\r\n'],
  ['a length that is no number', 'content-length: five\r\n'],
  ['a header without a name', ': value\r\n'],
])('%s: no request can be smuggled behind another', async (_, headers) => {
  const reply = await exchange(
    await listening(),
    `POST /kv HTTP/1.1\r\nhost: localhost\r\n${headers}\r\nhello`,
  );
  expect(reply).toMatch(/^HTTP\/1\.1 400 /);
  expect(bodyOf(reply)).toMatchObject({ code: 'DKV_REQUEST_MALFORMED' });
});

test('an unknown expectation is 417', async () => {
  const reply = await exchange(
    await listening(),
    'POST /kv HTTP/1.1\r\nhost: localhost\r\nexpect: miracles\r\nconnection: close\r\n\r\n',
  );
  expect(reply).toMatch(/^HTTP\/1\.1 417 /);
  expect(reply).toContain('DKV_EXPECTATION_FAILED');
});

test('a client that asks first is told to go on', async () => {
  const body = '{"key":"k"}';
  const reply = await exchange(
    await listening(),
    `POST /kv HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\nconnection: close\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  expect(reply).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 404 /);
});

test('a body shorter than said is no request, and the connection ends', async () => {
  const { app, store } = await openApp();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(
    'PUT /kv HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
      'content-length: 500\r\n\r\n{"key":"half","value":"v"}',
  );
  await new Promise((resolve) => socket.resume().once('close', resolve));
  expect(await valueAt(store, 0, 'half')).toBeUndefined();
});

test('several requests travel on one connection, in order', async () => {
  const request = (method: string, body: string, end = '') =>
    `${method} /kv HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `${end}content-length: ${body.length}\r\n\r\n${body}`;
  const reply = await exchange(
    await listening(),
    request('PUT', '{"key":"k","value":"v"}'),
    request('POST', '{"key":"k"}'),
    request('DELETE', '{"key":"k"}'),
    request('POST', '{"key":"k"}', 'connection: close\r\n'),
  );
  const statuses = [...reply.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
  expect(statuses).toEqual(['200', '200', '200', '404']);
  expect(reply).toContain('{"value":"v"}');
});

test('the server keeps every bound of time and number that it has', async () => {
  const { app } = await openApp();
  expect(app.server).toMatchObject({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    timeout: limits.idleSocketTimeoutMs,
    maxConnections: limits.connectionsMax,
  });
  expect(app.initialConfig).toMatchObject({ bodyLimit: limits.bodyBytesMax });
});

test.each([
  ['no host', ''],
  ['two hosts', 'host: a\r\nhost: b\r\n'],
  ['a host that is none', 'host: a b/c\r\n'],
  ['two tokens', 'host: a\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n'],
  ['two types', 'host: a\r\ncontent-type: application/json\r\ncontent-type: text/plain\r\n'],
])('a head with %s is 400, and the problem says so', async (_, headers) => {
  const reply = await exchange(await listening(), `GET /health HTTP/1.1\r\n${headers}\r\n`);
  expect(reply).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(reply).toMatch(/\r\nconnection: close\r\n/i);
  expect(bodyOf(reply)).toMatchObject({
    code: 'DKV_REQUEST_MALFORMED',
    detail: expect.stringMatching(/^The request is not valid HTTP: (it has|its host)/),
  });
});

test('HTTP/1.0 needs no host', async () => {
  const reply = await exchange(await listening(), 'GET /health HTTP/1.0\r\n\r\n');
  expect(reply).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test('there are no tunnels', async () => {
  const reply = await exchange(
    await listening(),
    'CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n',
  );
  expect(reply).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
  expect(reply).toContain('Allow: \r\n');
  expect(bodyOf(reply)).toMatchObject({ status: 405, code: 'DKV_METHOD_NOT_ALLOWED' });
});

test('replies to what is no request are counted', async () => {
  const port = await listening();
  await exchange(port, 'this is not HTTP\r\n\r\n');
  await exchange(port, `GET / HTTP/1.1\r\nx: ${'x'.repeat(limits.headerBytesMax)}\r\n\r\n`);
  await exchange(port, 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n');
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  for (const status of [400, 405, 431]) {
    expect(text).toContain(
      `http_requests_total{method="other",handler="none",status="${status}"} 1`,
    );
  }
});
