// What the log tells of requests, and the ids by which reply and log name one.
// That no secret gets into it is tested in log-secrecy.test.ts.
import { expect, test } from 'vitest';
import type { AppDeps } from '../../server/app.ts';
import { requestIds } from '../../server/request-log.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf, rawRequest } from './support/raw-line.ts';
import { waitFor } from './support/wait-for.ts';

const KEY = { key: 'k' };
const ENTRY = { key: 'k', value: 'v' };

async function openLogged(deps: Partial<AppDeps>) {
  const app = await openApp(deps);
  const requests = () => app.lines().filter(({ msg }) => msg === 'request');
  return { ...app, requests };
}

test('a line says what was asked, what came of it, and how long it took', async () => {
  const { app, requests } = await openLogged({ requestLog: 'all' });
  const line = await openRawLine(await portOf(app));
  line.socket.write(rawRequest('PUT', JSON.stringify(ENTRY)));
  expect(await line.statuses(1)).toEqual([200]);
  await waitFor('the line', () => requests().length > 0);
  expect(requests()).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      reqId: /x-request-id: (\S+)/.exec(line.reply())?.[1],
      method: 'PUT',
      route: '/kv',
      status: 200,
      durationMs: expect.any(Number),
      bytes: '{"status":"success"}'.length,
      msg: 'request',
    },
  ]);
});

test.each([
  ['off', []],
  ['errors', [404, 401, 405]],
  ['all', [200, 404, 401, 405, 200]],
] as const)('with "%s" these get a line: %j', async (requestLog, expected) => {
  const { kv, send, requests } = await openLogged({ requestLog, tokens: fixedTokens('alpha') });
  const headers = { authorization: 'Bearer alpha' };
  await kv('PUT', ENTRY, headers);
  await kv('POST', { key: 'missing' }, headers);
  await kv('POST', KEY);
  await send({ method: 'PATCH', url: '/kv' });
  await send({ url: '/health' });
  expect(requests().map(({ status }) => status)).toEqual(expected);
});

test('without the setting no request gets a line', async () => {
  const { kv, lines } = await openLogged({});
  await kv('PUT', ENTRY);
  await kv('POST', { key: 'missing' });
  expect(lines().filter(({ reqId }) => reqId !== undefined)).toEqual([]);
});

test.each([
  ['/kv/a-key?with=more', 'GET', 'none'],
  ['/health?key=a-key', 'GET', '/health'],
  ['/docs/static/swagger-ui.css', 'GET', '/docs/static/*'],
  ['/a-key/%', 'GET', 'none'],
] as const)('of %s only the route is told', async (url, method, route) => {
  const { send, requests, text } = await openLogged({ requestLog: 'all' });
  await send({ method, url });
  expect(requests()).toMatchObject([{ method, route }]);
  expect(text()).not.toMatch(/a-key|swagger-ui/);
});

test('every reply names its request, an error in its body too', async () => {
  const { kv, send } = await openLogged({ allowedOrigins: ['https://app.example'] });
  const replies = [
    await kv('PUT', ENTRY),
    await kv('POST', { key: 'missing' }),
    await kv('PUT', 'no JSON'),
    await send({ url: '/' }),
    await send({ url: '/metrics' }),
    await send({ url: '/%' }),
    await send({ url: '/health', headers: { host: '' } }),
    await send({
      method: 'OPTIONS',
      url: '/kv',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'PUT' },
    }),
  ];
  const ids = replies.map(({ headers }) => headers['x-request-id']);
  expect(new Set(ids).size).toBe(replies.length);
  for (const id of ids) expect(id).toMatch(/^[\w-]{8}-[0-9a-z]+$/);
  for (const reply of replies.filter(({ statusCode }) => statusCode >= 400)) {
    const { instance } = reply.json();
    expect(instance).toBe(`urn:dumbkv:request:${reply.headers['x-request-id']}`);
  }
});

test('an id that a client sends is not taken', async () => {
  const { kv, text } = await openLogged({ requestLog: 'all' });
  const reply = await kv('PUT', ENTRY, { 'x-request-id': 'made-up', 'request-id': 'made-up' });
  expect(reply.headers['x-request-id']).not.toContain('made-up');
  expect(text()).not.toContain('made-up');
});

test('two processes give no id twice', () => {
  const [first, second] = [requestIds(), requestIds()];
  const ids = Array.from({ length: 5_000 }, () => [first(), second()]).flat();
  expect(new Set(ids).size).toBe(10_000);
});

test('a client that goes away leaves a line that says so', async () => {
  const { app, requests } = await openLogged({ requestLog: 'all' });
  const line = await openRawLine(await portOf(app));
  line.socket.write(rawRequest('PUT', JSON.stringify(ENTRY)).slice(0, -1));
  await line.flushed();
  line.socket.destroy();
  const told = await waitFor('the line', () => requests().at(-1));
  expect(told).toMatchObject({ method: 'PUT', route: '/kv', aborted: true });
});

test('a failure of the server is told with its route, whatever is asked for', async () => {
  const { kv, store, lines } = await openLogged({});
  await store.close();
  const reply = await kv('POST', KEY);
  expect(reply.statusCode).toBeGreaterThanOrEqual(500);
  expect(lines().filter(({ level }) => level === 50)).toMatchObject([
    { method: 'POST', route: '/kv', reqId: reply.headers['x-request-id'] },
  ]);
});
