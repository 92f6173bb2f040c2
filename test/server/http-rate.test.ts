// The rate limit over HTTP: who is refused, what is not limited, and that nothing is read or done
// for a request that is refused.
import { expect, test } from 'vitest';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf, rawRequest } from './support/raw-line.ts';
import { startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';

/** So slow that no token comes back within a test. */
const rate = { perSecond: 0.001, burst: 3 };
const KEY = { key: 'k' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('who calls too often is refused and told when to come again', async () => {
  const { kv } = await openApp({ rate: { perSecond: 0.01, burst: 2 } });
  expect((await kv('POST', KEY)).statusCode).toBe(404);
  expect((await kv('PUT', { ...KEY, value: 'v' })).statusCode).toBe(200);
  const reply = await kv('POST', KEY);
  expect(reply.json()).toMatchObject({ status: 429, code: 'DKV_RATE_LIMITED' });
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(90);
  expect(Number(reply.headers['retry-after'])).toBeLessThanOrEqual(100);
});

test('each token has its own rate, on whatever connection', async () => {
  const tokens = fixedTokens('alpha\nbeta read-only\n');
  const { kv } = await openApp({ rate, tokens });
  const statuses = async (token: string) => {
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => kv('POST', KEY, bearer(token))),
    );
    return replies.map(({ statusCode }) => statusCode).sort();
  };
  expect(await statuses('alpha')).toEqual([404, 404, 404, 429, 429]);
  expect(await statuses('beta')).toEqual([404, 404, 404, 429, 429]);
  expect(await statuses('wrong')).toEqual([401, 401, 401, 401, 401]);
});

test('strangers do not use up what a token has', async () => {
  const { kv } = await openApp({ rate, tokens: fixedTokens('alpha') });
  for (let i = 0; i < 10; i += 1) await kv('POST', KEY, bearer('wrong'));
  for (let i = 0; i < 10; i += 1) await kv('POST', KEY);
  expect((await kv('POST', KEY, bearer('alpha'))).statusCode).toBe(404);
});

test('on an open server each address has its own rate', async () => {
  const { send } = await openApp({ rate });
  const statusFrom = async (remoteAddress: string) =>
    (await send({ method: 'POST', url: '/kv', payload: KEY, remoteAddress })).statusCode;
  for (let i = 0; i < 3; i += 1) await statusFrom('192.0.2.1');
  expect(await statusFrom('192.0.2.1')).toBe(429);
  expect(await statusFrom('192.0.2.2')).toBe(404);
  for (let i = 0; i < 3; i += 1) await statusFrom(`2001:db8::${i}`);
  expect(await statusFrom('2001:db8::ffff')).toBe(429);
  expect(await statusFrom('2001:db8:0:1::1')).toBe(404);
});

test('a forwarded address that a client makes up is not believed', async () => {
  const { kv } = await openApp({ rate });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const headers = { 'x-forwarded-for': `192.0.2.${i}`, forwarded: `for=192.0.2.${i}` };
    statuses.push((await kv('POST', KEY, headers)).statusCode);
  }
  expect(statuses).toEqual([404, 404, 404, 429, 429]);
});

test.each(['/health', '/health/live', '/health/ready', '/metrics', '/', '/docs', '/openapi.json'])(
  'GET %s is not limited',
  async (url) => {
    const { kv, send } = await openApp({ rate });
    for (let i = 0; i < 4; i += 1) await kv('POST', KEY);
    expect((await kv('POST', KEY)).statusCode).toBe(429);
    for (let i = 0; i < 5; i += 1) expect((await send({ url })).statusCode).toBe(200);
  },
);

test('the body of a refused request is not waited for', async () => {
  const { app, kv } = await openApp({ rate });
  const port = await portOf(app);
  for (let i = 0; i < 3; i += 1) await fetchKey(port);
  const line = await openRawLine(port);
  line.socket.write(rawRequest('PUT', '{"key":"k","value":"v"}').slice(0, -5));
  expect(await line.statuses(1)).toEqual([429]);
  expect(line.reply()).toMatch(/\r\nretry-after: \d+\r\n/);
  expect((await kv('POST', KEY)).statusCode).toBe(429);
});

async function fetchKey(port: number): Promise<void> {
  const line = await openRawLine(port);
  line.socket.write(rawRequest('POST', '{"key":"k"}'));
  expect(await line.statuses(1)).toEqual([404]);
}

test('without the setting nobody is refused', async () => {
  const { kv } = await openApp();
  const replies = await Promise.all(Array.from({ length: 200 }, () => kv('POST', KEY)));
  expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([404]));
});

test('a server with the setting refuses what is more than a burst', async () => {
  const server = startServer(tempFolder(), { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '5' });
  await server.url();
  const replies = await Promise.all(Array.from({ length: 60 }, () => server.kv('POST', KEY)));
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(replies.length - refused.length).toBeGreaterThanOrEqual(5);
  expect(refused[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
});
