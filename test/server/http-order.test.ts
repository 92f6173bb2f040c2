// Many requests on one connection: they are worked on one after the other, and what is no request
// behind them changes nothing of their outcome.
// Bytes that are no request by themselves are in `http-raw.test.ts`.
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf, rawRequest } from './support/raw-line.ts';
import { valueAt } from './support/store-calls.ts';

const PUT = rawRequest('PUT', '{"key":"k","value":"v"}');

/** Makes writes of the key `slow` wait; gives the keys whose write began, and what lets go. */
function holdWrites(store: Store): { begun: string[]; letGo: () => void } {
  const open = Promise.withResolvers<void>();
  const begun: string[] = [];
  const write = store.write.bind(store);
  vi.spyOn(store, 'write').mockImplementation(async (batch) => {
    const [key = ''] = batch.map((change) => change.key);
    begun.push(key);
    if (key === 'slow') await open.promise;
    return write(batch);
  });
  return { begun, letGo: open.resolve };
}

test('a request begins when the one before it on its connection is answered', async () => {
  const { app, store } = await openApp();
  const { begun, letGo } = holdWrites(store);
  const line = await openRawLine(await portOf(app));
  line.socket.write(rawRequest('PUT', '{"key":"slow","value":"v"}'));
  line.socket.write(rawRequest('PUT', '{"key":"next","value":"v"}'));
  const other = await openRawLine((app.server.address() as AddressInfo).port);
  other.socket.write(rawRequest('PUT', '{"key":"other","value":"v"}'));
  expect(await other.statuses(1)).toEqual([200]);
  expect(begun).toEqual(['slow', 'other']);
  letGo();
  expect(await line.statuses(2)).toEqual([200, 200]);
  expect(begun).toEqual(['slow', 'other', 'next']);
});

const GET = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n';

test('who has more waiting than may is cut off, and the rest never begins', async () => {
  const { app, store } = await openApp({ waitingBounds: { perConnection: 3 } });
  const { begun, letGo } = holdWrites(store);
  const port = await portOf(app);
  const patient = await openRawLine(port);
  patient.socket.write(rawRequest('PUT', '{"key":"slow","value":"v"}') + GET.repeat(3));
  const greedy = await openRawLine(port);
  greedy.socket.write(rawRequest('PUT', '{"key":"slow","value":"v"}') + PUT.repeat(20));
  await once(greedy.socket, 'close');
  expect(greedy.reply()).toBe('');
  letGo();
  expect(await patient.statuses(4)).toEqual([200, 200, 200, 200]);
  expect(begun.filter((key) => key === 'k').length).toBeLessThanOrEqual(3);
});

test('so many may wait on all connections together, and again when those are gone', async () => {
  const { app, store } = await openApp({ waitingBounds: { inAll: 4 } });
  const { begun, letGo } = holdWrites(store);
  const port = await portOf(app);
  const slow = rawRequest('PUT', '{"key":"slow","value":"v"}');
  const first = await openRawLine(port);
  first.socket.write(slow + GET.repeat(4));
  await vi.waitFor(() => expect(begun).toEqual(['slow']));
  const second = await openRawLine(port);
  second.socket.write(slow + GET);
  await once(second.socket, 'close');
  letGo();
  expect(await first.statuses(5)).toEqual([200, 200, 200, 200, 200]);
  const third = await openRawLine(port);
  third.socket.write(GET.repeat(5));
  expect(await third.statuses(5)).toEqual([200, 200, 200, 200, 200]);
});

test.each([
  ['text', 'GARBAGE\r\n\r\n'],
  ['zeros', '\0\0\0\0'],
  ['a request that is none', 'GET /health HTTP/9.9\r\n\r\n'],
  ['garbage twice', 'GARBAGE\r\n\r\nGARBAGE\r\n\r\n'],
  ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n'],
])('%s behind a write: the write is answered first, as what it is', async (_, garbage) => {
  const { app, store } = await openApp();
  const line = await openRawLine(await portOf(app));
  line.socket.write(PUT + garbage);
  const [first, second] = await line.statuses(2);
  expect(first).toBe(200);
  expect([400, 405]).toContain(second);
  await vi.waitFor(() => expect(line.socket.readableEnded).toBe(true));
  expect((await line.statuses(2)).length).toBe(2);
  expect(String(await valueAt(store, 0, 'k'))).toBe('v');
});

test('garbage that comes while a write is under way waits for its answer', async () => {
  const { app, store } = await openApp();
  const { begun, letGo } = holdWrites(store);
  const line = await openRawLine(await portOf(app));
  line.socket.write(rawRequest('PUT', '{"key":"slow","value":"v"}'));
  await vi.waitFor(() => expect(begun).toEqual(['slow']));
  line.socket.write('GARBAGE\r\n\r\n');
  await line.flushed();
  line.socket.write('GARBAGE\r\n\r\n');
  const other = await openRawLine((app.server.address() as AddressInfo).port);
  other.socket.write(PUT);
  await other.statuses(1);
  expect(line.reply()).toBe('');
  letGo();
  expect(await line.statuses(2)).toEqual([200, 400]);
  const { body } = await app.inject({ url: '/metrics' });
  expect(body).toContain('http_requests_total{method="other",handler="none",status="400"} 1');
});

test('garbage that comes in many pieces is waited with, answered and counted once', async () => {
  const { app, store } = await openApp();
  const { begun, letGo } = holdWrites(store);
  const accepted = once(app.server, 'connection') as Promise<[Socket]>;
  const line = await openRawLine(await portOf(app));
  const [socket] = await accepted;
  let told = 0;
  app.server.on('clientError', () => {
    told += 1;
  });
  line.socket.setNoDelay(true).write(rawRequest('PUT', '{"key":"slow","value":"v"}'));
  await vi.waitFor(() => expect(begun).toEqual(['slow']));
  for (let piece = 1; piece <= 20; piece += 1) {
    line.socket.write('\x01');
    await vi.waitFor(() => expect(socket.bytesRead).toBeGreaterThanOrEqual(PUT.length + piece));
  }
  expect(told).toBeGreaterThan(1);
  letGo();
  expect(await line.statuses(2)).toEqual([200, 400]);
  const { body } = await app.inject({ url: '/metrics' });
  expect(body).toContain('http_requests_total{method="other",handler="none",status="400"} 1');
});

test('garbage within a body is answered at once: that body will never be whole', async () => {
  const { app, store } = await openApp();
  const line = await openRawLine(await portOf(app));
  const head = 'PUT /kv HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  line.socket.write(`${PUT}${head}transfer-encoding: chunked\r\n\r\n5\r\n{"key\r\nZZ\r\n`);
  expect(await line.statuses(2)).toEqual([200, 400]);
  expect(String(await valueAt(store, 0, 'k'))).toBe('v');
});
