// More under /v1 than a server can hold: values that do not end or are not read, exports that
// stall, imports whose sender goes away. All together they are bounded, and the server serves on.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { type OpenV1, openV1, problemIn, urlOf } from './support/open-v1.ts';
import { openRawLine } from './support/raw-line.ts';
import { put } from './support/store-calls.ts';
import { openExport, openImport } from './support/transfer.ts';
import { waitFor } from './support/wait-for.ts';

const MIB = 1024 * 1024;
const VALUE = Buffer.alloc(MIB, 'v');

const troubles = ({ lines }: OpenV1) => lines().filter(({ level }) => level >= 40);

test('values that do not end leave room for no more, but small ones go on', async () => {
  const open = await openV1({ bodiesBytesMax: 1.5 * MIB });
  const port = Number(new URL(await urlOf(open)).port);
  const accepted = once(open.app.server, 'connection') as Promise<Socket[]>;
  const half = await openRawLine(port);
  const head = 'PUT /v1/databases/0/keys/half HTTP/1.1\r\nhost: localhost\r\n';
  half.socket.write(`${head}content-length: ${MIB}\r\n\r\n${'v'.repeat(MIB - 1)}`);
  const [socket] = await accepted;
  await waitFor('the half to have come', () => (socket?.bytesRead ?? 0) >= MIB);
  const refused = await open.entry('PUT', 'big', { body: VALUE });
  expect(problemIn(refused).code).toBe('DKV_SERVER_BUSY');
  expect((await open.entry('PUT', 'small', { body: 'v' })).statusCode).toBe(201);
  half.socket.write('v');
  expect(await half.statuses(1)).toEqual([201]);
  expect((await open.entry('PUT', 'big', { body: VALUE })).statusCode).toBeLessThan(300);
  expect(troubles(open)).toEqual([]);
});

test('values that nobody reads leave room for no more, until they are gone', async () => {
  const open = await openV1({ repliesBytesMax: 8 * MIB });
  await put(open.store, 0, 'big', VALUE);
  const port = Number(new URL(await urlOf(open)).port);
  const ask = 'GET /v1/databases/0/keys/big HTTP/1.1\r\nhost: localhost\r\n\r\n';
  const readers = await Promise.all(Array.from({ length: 20 }, () => openRawLine(port)));
  for (const { socket } of readers) socket.pause().write(ask.repeat(20));
  const refused = await waitFor('a refusal', async () => {
    const reply = await open.entry('GET', 'big');
    return reply.statusCode === 503 ? reply : undefined;
  });
  expect(problemIn(refused).code).toBe('DKV_SERVER_BUSY');
  expect((await open.entry('HEAD', 'absent')).statusCode).toBe(404);
  for (const { socket } of readers) socket.destroy();
  await waitFor('room again', async () => (await open.entry('GET', 'big')).statusCode === 200);
});

test('a batch that is stored is told so, also where there is no room for replies', async () => {
  const open = await openV1({ repliesBytesMax: 1 });
  const operations = Array.from({ length: limits.batchChangesMax }, (_, i) => {
    return { op: 'put', key: `k${i}`, value: 'v', ttlSeconds: 100 };
  });
  const reply = await open.call('POST', '/0/batch', { body: { operations } });
  expect(reply.rawPayload.length).toBeGreaterThan(limits.smallBytesMax);
  expect(reply.statusCode).toBe(200);
  expect((await open.store.state()).keys).toBe(limits.batchChangesMax);
  // while what is only read may be asked for again
  expect(problemIn(await open.call('GET', '/0/keys?limit=1000')).code).toBe('DKV_SERVER_BUSY');
});

test('exports that nobody reads hold nobody up, and are so many at most', async () => {
  const open = await openV1();
  // more than the buffers of the connections take
  for (let i = 0; i < 40; i += 1) await put(open.store, 0, `big-${i}`, VALUE);
  const url = `${await urlOf(open)}/v1/databases/0/export`;
  const stalled = Array.from({ length: limits.exportsMax }, () => openExport(url));
  for (const one of stalled) await waitFor('its head', () => one.status());
  for (const one of stalled) one.reply()?.pause();
  expect(problemIn(await open.call('GET', '/0/export')).code).toBe('DKV_SERVER_BUSY');
  expect((await open.entry('PUT', 'k', { body: 'v' })).statusCode).toBe(201);
  expect((await open.entry('GET', 'k')).body).toBe('v');
  const [first, ...rest] = stalled;
  for (const one of rest) one.request.destroy();
  first?.reply()?.resume();
  expect(await first?.over()).toBe('ended');
  expect(first?.lines().at(-1)).toMatchObject({ end: true });
  await waitFor('room', async () => (await open.call('GET', '/0/export')).statusCode === 200);
});

test('who goes away in the middle of an import has stored what was told', async () => {
  const open = await openV1();
  const url = `${await urlOf(open)}/v1/databases/0/import`;
  for (let i = 0; i < limits.importsMax + 2; i += 1) {
    const running = await waitFor('room', async () => {
      const one = openImport(url);
      one.request.write(`${JSON.stringify({ key: `k${i}`, value: 'v' })}\n`);
      await waitFor('an answer', () => one.status());
      return one.status() === 200 ? one : undefined;
    });
    await running.until('the line', ({ lines }) => lines === 1);
    running.request.write('{"key":"half');
    running.request.destroy();
  }
  expect((await open.store.state()).keys).toBe(limits.importsMax + 2);
  expect(troubles(open)).toEqual([]);
});

test('chunks of one byte cost no more than their bytes', async () => {
  const open = await openV1();
  const line = await openRawLine(Number(new URL(await urlOf(open)).port));
  const head = 'POST /v1/databases/0/import HTTP/1.1\r\nhost: localhost\r\n';
  line.socket.write(
    `${head}content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  for (const byte of '{"key":"k","value":"v"}\n') line.socket.write(`1\r\n${byte}\r\n`);
  for (let i = 0; i < 3; i += 1) line.socket.write('1\r\n\n\r\n'.repeat(100_000));
  line.socket.write('0\r\n\r\n');
  await waitFor('the end', () => line.reply().includes('"end":true'));
  expect(line.reply()).toContain('"lines":300001,"imported":1');
});
