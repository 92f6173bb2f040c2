// The end: requests in flight finish, idle connections do not hold it up, and it is over within its
// bound. Real processes and real sockets.

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openRawLine, type RawLine } from './support/raw-line.ts';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

/** A generous bound: how long it took is printed, and the server's own bound is 5 s. */
const EXIT_LIMIT_MS = 50_000;

async function openLine(server: ServerProcess): Promise<RawLine> {
  return openRawLine(Number(new URL(await server.url()).port));
}

const BODY = '{"key":"k","value":"in flight"}';
const HEAD =
  'PUT /kv HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
  `content-length: ${BODY.length}\r\n\r\n`;

/** Begins a request and stops in the middle of its body, once the server has seen its head. */
async function halfRequest(server: ServerProcess): Promise<RawLine> {
  const line = await openLine(server);
  line.socket.write(
    `GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n${HEAD}${BODY.slice(0, 9)}`,
  );
  await waitFor('the reply before', () => line.reply().includes('healthy'));
  return line;
}

async function timedExit(server: ServerProcess, what: string): Promise<number | null> {
  const begun = performance.now();
  const code = await waitFor(
    'the end of the process',
    async () => (server.child.exitCode === null ? undefined : { code: server.child.exitCode }),
    EXIT_LIMIT_MS,
  );
  const tookMs = Math.round(performance.now() - begun);
  process.stdout.write(`shutdown ${what}: ${tookMs} ms\n`);
  return code.code;
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends an idle server with 0', async (signal) => {
  const server = startServer(tempFolder());
  await server.url();
  server.child.kill(signal);
  expect(await timedExit(server, `of an idle server by ${signal}`)).toBe(0);
  expect(server.lines().at(-1)?.msg).toBe('shut down');
});

test('a request in flight finishes, is on disk, and then the process ends', async () => {
  const folder = tempFolder();
  const server = startServer(folder);
  const line = await halfRequest(server);
  server.child.kill('SIGTERM');
  await waitFor('the shutdown to begin', () =>
    server.lines().some(({ msg }) => msg === 'shutting down'),
  );
  line.socket.write(BODY.slice(9));
  expect(await timedExit(server, 'with a request in flight')).toBe(0);
  const reply = line.reply().slice(line.reply().indexOf('healthy'));
  expect(reply).toMatch(/HTTP\/1\.1 200 OK/);
  expect(reply).toMatch(/\r\nconnection: close\r\n/i);
  const again = startServer(folder);
  expect(await (await again.kv('POST', { key: 'k' })).json()).toEqual({ value: 'in flight' });
});

test('nobody is let in any more once it ends', async () => {
  const server = startServer(tempFolder());
  const url = await server.url();
  const line = await halfRequest(server);
  server.child.kill('SIGTERM');
  await waitFor('new connections to be refused', () =>
    fetch(`${url}/health/live`).then(
      () => false,
      () => true,
    ),
  );
  line.socket.write(BODY.slice(9));
  await server.exit();
});

test('connections on which nobody has said a word do not hold it up', async () => {
  const server = startServer(tempFolder());
  const { socket } = await openLine(server);
  server.child.kill('SIGTERM');
  expect(await timedExit(server, 'with a silent connection')).toBe(0);
  expect(server.lines().some(({ msg }) => msg.includes('are cut'))).toBe(false);
  await waitFor('the connection to end', () => socket.destroyed);
});

test('idle connections do not hold it up', async () => {
  const server = startServer(tempFolder());
  const lines = await Promise.all(Array.from({ length: 5 }, () => openLine(server)));
  for (const { socket } of lines) {
    socket.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n');
  }
  await waitFor('all replies', () => lines.every((line) => line.reply().includes('healthy')));
  server.child.kill('SIGTERM');
  expect(await timedExit(server, 'with idle connections')).toBe(0);
});

test('a request on a kept connection is answered, and told that it is the last', async () => {
  const server = startServer(tempFolder());
  const line = await openLine(server);
  line.socket.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await waitFor('the first reply', () => line.reply().includes('healthy'));
  server.child.kill('SIGTERM');
  await waitFor('the shutdown to begin', () =>
    server.lines().some(({ msg }) => msg === 'shutting down'),
  );
  line.socket.write(HEAD + BODY);
  expect(await server.exit()).toBe(0);
  const reply = line.reply().slice(line.reply().indexOf('healthy'));
  expect(reply).toMatch(/HTTP\/1\.1 200 OK/);
  expect(reply).toMatch(/\r\nconnection: close\r\n/i);
  expect(reply).toContain('success');
});

test('a request that never ends is cut, and the process ends in time', async () => {
  const server = startServer(tempFolder());
  await halfRequest(server);
  server.child.kill('SIGTERM');
  expect(await timedExit(server, 'with a request that never ends')).toBe(0);
  const cut = server.lines().find(({ msg }) => msg.includes('connections are cut'));
  expect(cut).toMatchObject({ graceMs: limits.shutdownGraceMs });
});

test('a second signal changes nothing', async () => {
  const server = startServer(tempFolder());
  const line = await halfRequest(server);
  server.child.kill('SIGTERM');
  await waitFor('the shutdown to begin', () =>
    server.lines().some(({ msg }) => msg === 'shutting down'),
  );
  server.child.kill('SIGTERM');
  server.child.kill('SIGINT');
  line.socket.write(BODY.slice(9));
  expect(await server.exit()).toBe(0);
  expect(server.lines().filter(({ msg }) => msg === 'shutting down')).toHaveLength(1);
});

test('after the end the store is one whole file', async () => {
  const folder = tempFolder();
  const server = startServer(folder);
  for (let i = 0; i < 20; i += 1) await server.kv('PUT', { key: `k${i}`, value: 'v' });
  await server.end('SIGTERM');
  const db = new Database(join(folder, 'dumbkv.db'), { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.prepare('SELECT count(*) FROM entries').pluck().get()).toBe(20);
  db.close();
});
