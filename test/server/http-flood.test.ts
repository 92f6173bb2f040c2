// More bytes than a server can hold: bodies that do not end, replies that nobody reads, bodies that
// are dear to parse. All together they are bounded, and the server serves on.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf, type RawLine, rawRequest } from './support/raw-line.ts';
import { startServer } from './support/server-process.ts';
import { valueAt } from './support/store-calls.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const MIB = 1024 * 1024;
const BIG_VALUE = 'v'.repeat(MIB);
const BIG_BODY = JSON.stringify({ key: 'big', value: BIG_VALUE });

/** Sends all of a request but its last byte. */
async function sendHalf(port: number, body = BIG_BODY): Promise<RawLine> {
  const line = await openRawLine(port);
  line.socket.write(rawRequest('PUT', body).slice(0, -1));
  await line.flushed();
  return line;
}

test('bodies that do not end leave room for no more, but small ones go on', async () => {
  const { app, kv, lines, store } = await openApp({ bodiesBytesMax: 2.5 * MIB });
  const port = await portOf(app);
  const halves = [await sendHalf(port), await sendHalf(port)];
  const last = await waitFor('the room to be taken', async () => {
    const line = await openRawLine(port);
    line.socket.write(rawRequest('PUT', BIG_BODY));
    const [status] = await line.statuses(1);
    return status === 503 ? line : undefined;
  });
  expect(last.reply()).toContain('DKV_SERVER_BUSY');
  expect(last.reply()).toMatch(/\r\nretry-after: 1\r\n/);
  expect(lines().filter(({ level }) => level >= 40)).toEqual([]);
  expect((await kv('PUT', { key: 'small', value: 'v' })).statusCode).toBe(200);
  for (const { socket } of halves) socket.write('}');
  expect(await Promise.all(halves.map((half) => half.statuses(1)))).toEqual([[200], [200]]);
  expect((await valueAt(store, 0, 'big'))?.length).toBe(MIB);
});

test('who goes away in the middle of a body gives the room back, and is no failure', async () => {
  const { app, lines } = await openApp({ bodiesBytesMax: 1.5 * MIB });
  const port = await portOf(app);
  for (let i = 0; i < 5; i += 1) (await sendHalf(port)).socket.destroy();
  await waitFor('room again', async () => {
    const line = await openRawLine(port);
    line.socket.write(rawRequest('PUT', BIG_BODY));
    return (await line.statuses(1))[0] === 200;
  });
  expect(lines().filter(({ level }) => level >= 40)).toEqual([]);
});

test('a body that came gives its room back when it is answered', async () => {
  const { app } = await openApp({ bodiesBytesMax: 1.5 * MIB });
  const line = await openRawLine(await portOf(app));
  for (let i = 0; i < 5; i += 1) line.socket.write(rawRequest('PUT', BIG_BODY));
  expect(await line.statuses(5)).toEqual([200, 200, 200, 200, 200]);
});

test('eighty bodies of the largest size at once stay within a container of 512 MiB', async () => {
  const server = startServer(tempFolder());
  const port = Number(new URL(await server.url()).port);
  const body = `${' '.repeat(limits.bodyBytesMax - 1)}x`;
  const halves = await Promise.all(Array.from({ length: 80 }, () => sendHalf(port, body)));
  for (const { socket } of halves) socket.write('x');
  const statuses = await Promise.all(halves.map((half) => half.statuses(1)));
  expect(new Set(statuses.flat())).toEqual(new Set([400, 503]));
  expect((await server.kv('PUT', { key: 'k', value: 'v' })).status).toBe(200);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(
    readFileSync(`/proc/${server.child.pid}/status`, 'utf8'),
  );
  expect(Number(peak?.[1]) / 1024).toBeLessThan(400);
});

test('a body in chunks of one byte is taken, and costs no more than its bytes', async () => {
  const server = startServer(tempFolder());
  const line = await openRawLine(Number(new URL(await server.url()).port));
  const head = 'PUT /kv HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
  line.socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
  for (const byte of '{"key":"k","value":"v"}') line.socket.write(`1\r\n${byte}\r\n`);
  for (let i = 0; i < 15; i += 1) line.socket.write('1\r\n \r\n'.repeat(100_000));
  line.socket.write('0\r\n\r\n');
  expect(await line.statuses(1)).toEqual([200]);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(
    readFileSync(`/proc/${server.child.pid}/status`, 'utf8'),
  );
  expect(Number(peak?.[1]) / 1024).toBeLessThan(300);
});

test('a body that does not come in time is 408', async () => {
  const { app } = await openApp();
  const port = await portOf(app);
  app.server.requestTimeout = 100;
  const line = await sendHalf(port);
  expect(await line.statuses(1)).toEqual([408]);
  expect(line.reply()).toContain('DKV_REQUEST_TIMEOUT');
});

test.each(['POST', 'DELETE'] as const)(
  '%s takes no body that is longer than a key, and who sends one reads why',
  async (method) => {
    const { app, kv } = await openApp();
    const line = await openRawLine(await portOf(app));
    const longest = `{"key":"${'\\u0000'.repeat(limits.keyBytesMax)}"}`;
    expect((await kv(method, longest)).statusCode).not.toBe(413);
    expect((await kv(method, longest.padEnd(limits.keyBodyBytesMax))).statusCode).not.toBe(413);
    expect((await kv(method, longest.padEnd(limits.keyBodyBytesMax + 1))).statusCode).toBe(413);
    line.socket.write(rawRequest(method, longest.padEnd(limits.bodyBytesMax)));
    expect(await line.statuses(1)).toEqual([413]);
    expect(line.reply()).toContain('DKV_BODY_TOO_LARGE');
  },
);

test.each([
  ['members', `{${Array.from({ length: 500 }, (_, i) => `"${i}":1`).join()}}`],
  ['lists', `{"key":${'['.repeat(500)}${']'.repeat(500)}}`],
  ['objects', `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`],
])('a body of far too many %s is refused before it is parsed', async (_, body) => {
  const { kv } = await openApp();
  const reply = await kv('PUT', body);
  expect(reply.statusCode).toBe(422);
  expect(reply.json().detail).toBe('The body does not fit: it has far too many parts.');
});

test('what looks like parts within a value is none', async () => {
  const { kv } = await openApp();
  const value = '[{,"\\'.repeat(1_000);
  expect((await kv('PUT', { key: '{"[,', value })).statusCode).toBe(200);
  expect((await kv('POST', { key: '{"[,' })).json()).toEqual({ value });
});

test('replies that nobody reads leave room for no more, until they are gone', async () => {
  const { app, kv } = await openApp({ repliesBytesMax: 8 * MIB });
  await kv('PUT', { key: 'big', value: BIG_VALUE });
  const port = await portOf(app);
  const ask = rawRequest('POST', '{"key":"big"}');
  const readers = await Promise.all(Array.from({ length: 20 }, () => openRawLine(port)));
  for (const { socket } of readers) socket.pause().write(ask.repeat(20));
  const refused = await waitFor('a refusal', async () => {
    const reply = await kv('POST', { key: 'big' });
    return reply.statusCode === 503 ? reply : undefined;
  });
  expect(refused.json()).toMatchObject({ code: 'DKV_SERVER_BUSY' });
  expect(refused.headers['retry-after']).toBe('1');
  expect((await kv('POST', { key: 'other' })).statusCode).toBe(404);
  for (const { socket } of readers) socket.destroy();
  await waitFor('room again', async () => (await kv('POST', { key: 'big' })).statusCode === 200);
});
