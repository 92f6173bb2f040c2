// Clients that leave before they have read the reply: each of their requests is counted, timed and
// told once, by the status that they were sent, or 499 where they were sent none.
// Requests that are answered are in `http-metrics.test.ts` and `request-log.test.ts`.
import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import type { AppDeps } from '../../server/app.ts';
import { limits } from '../../server/limits.ts';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf, type RawLine, rawRequest } from './support/raw-line.ts';
import { put, valueAt } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

async function openCounted(deps: Partial<AppDeps> = {}) {
  const opened = await openApp({ requestLog: 'all', ...deps });
  const { app, store } = opened;
  const port = await portOf(app);
  const open = Promise.withResolvers<void>();
  const write = store.write.bind(store);
  const holdWrites = () =>
    vi.spyOn(store, 'write').mockImplementation(async (batch) => {
      await open.promise;
      return write(batch);
    });
  return {
    ...opened,
    port,
    requests: () => opened.lines().filter(({ msg }) => msg === 'request'),
    /** Makes each write wait; gives its spy. */
    holdWrites,
    letGo: () => open.resolve(),
    /** The counts of all requests but scrapes, each by its labels without names. */
    counts: async () => countsIn((await app.inject({ url: '/metrics' })).body),
  };
}

function countsIn(metrics: string): string[] {
  const line = /^http_(.*)\{method="(.*?)",handler="(.*?)",status="(.*?)"\} (.*)$/gm;
  return [...metrics.matchAll(line)].flatMap(([, name = '', method, handler, status, count]) => {
    const what = { requests_total: 'counted', request_duration_seconds_count: 'timed' }[name];
    if (what === undefined || handler === '/metrics') return [];
    return `${what} ${method} ${handler} ${status} ${count}`;
  });
}

const leave = async ({ socket }: RawLine): Promise<void> => {
  const closed = once(socket, 'close');
  socket.resetAndDestroy();
  await closed;
};

test('who leaves before the reply is counted, timed and told as 499, and once', async () => {
  const { port, requests, counts, holdWrites, letGo, store } = await openCounted();
  const write = holdWrites();
  const line = await openRawLine(port);
  line.socket.write(rawRequest('PUT', '{"key":"k","value":"v"}'));
  await vi.waitFor(() => expect(write).toHaveBeenCalled());
  await leave(line);
  const told = await waitFor('the line', () => requests().at(-1));
  expect(told).toMatchObject({ method: 'PUT', route: '/kv', status: 499, aborted: true });
  const once499 = ['counted PUT /kv 499 1', 'timed PUT /kv 499 1'];
  expect(await counts()).toEqual(once499);
  // the write goes on, and its reply, which nobody gets, counts for nothing
  letGo();
  await waitFor('the value', async () => (await valueAt(store, 0, 'k'))?.toString() === 'v');
  expect(await counts()).toEqual(once499);
  expect(requests().filter(({ route }) => route === '/kv').length).toBe(1);
});

test.each([
  ['resets', (line: RawLine) => line.socket.resetAndDestroy()],
  ['ends', (line: RawLine) => line.socket.end()],
])('with "errors" who %s the connection in the middle of a body has a line', async (_, end) => {
  const { app, port, requests, counts } = await openCounted({ requestLog: 'errors' });
  const begun = once(app.server, 'request');
  const line = await openRawLine(port);
  line.socket.write(rawRequest('PUT', '{"key":"k","value":"v"}').slice(0, -1));
  await begun;
  end(line);
  const told = await waitFor('the line', () => requests().at(-1));
  expect(told).toMatchObject({ route: '/kv', status: 499, aborted: true });
  expect(await counts()).toEqual(['counted PUT /kv 499 1', 'timed PUT /kv 499 1']);
});

test('requests that wait behind it on their connection are counted, too', async () => {
  const { port, counts, holdWrites, letGo } = await openCounted();
  const write = holdWrites();
  const line = await openRawLine(port);
  line.socket.write(rawRequest('PUT', '{"key":"k","value":"v"}').repeat(4));
  await vi.waitFor(() => expect(write).toHaveBeenCalled());
  await leave(line);
  await waitFor('all to be counted', async () => (await counts())[0] === 'counted PUT /kv 499 4');
  letGo();
});

test.each([
  ['a feed', '/v1/databases/:database/changes', '?values=true'],
  ['an export', '/v1/databases/:database/export', ''],
])('%s that its reader leaves counts once, as what was sent of it', async (_, route, query) => {
  const { port, requests, counts, store } = await openCounted();
  // more than the kernel keeps for who reads nothing
  for (let i = 0; i < 24; i += 1) {
    await put(store, 0, `key ${i}`, Buffer.alloc(limits.valueBytesMax, 'v'));
  }
  const line = await openRawLine(port);
  const path = route.replace(':database', '0') + query;
  const accept = query === '' ? 'application/x-ndjson' : 'text/event-stream';
  line.socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\naccept: ${accept}\r\n\r\n`);
  const [begun] = await once(line.socket, 'data');
  line.socket.pause();
  expect(begun).toMatch(/^HTTP\/1\.1 200 /);
  await leave(line);
  const told = await waitFor('the line', () => requests().at(-1));
  expect(told).toMatchObject({ method: 'GET', route, status: 200, aborted: true });
  expect(await counts()).toEqual([`counted GET ${route} 200 1`, `timed GET ${route} 200 1`]);
});

test('a body that breaks off into garbage counts once, as the request that it is of', async () => {
  const { port, requests, counts } = await openCounted();
  const line = await openRawLine(port);
  const head = 'PUT /kv HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  line.socket.write(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"key\r\nZZ\r\n`);
  expect(await line.statuses(1)).toEqual([400]);
  const told = await waitFor('the line', () => requests().at(-1));
  expect(told).toMatchObject({ method: 'PUT', route: '/kv', status: 400 });
  expect(told).not.toHaveProperty('aborted');
  expect(await counts()).toEqual(['counted PUT /kv 400 1', 'timed PUT /kv 400 1']);
});

test('a connection that ends before a request has come counts for nothing', async () => {
  const { port, counts } = await openCounted();
  const [silent, begun] = [await openRawLine(port), await openRawLine(port)];
  begun.socket.write('PUT /kv HTTP/1.1\r\nhost: x\r\n');
  await begun.flushed();
  await Promise.all([leave(silent), leave(begun)]);
  const after = await openRawLine(port);
  after.socket.write(rawRequest('POST', '{"key":"k"}'));
  expect(await after.statuses(1)).toEqual([404]);
  expect(await counts()).toEqual(['counted POST /kv 404 1', 'timed POST /kv 404 1']);
});
