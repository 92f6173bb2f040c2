// Listening and ending in one process: the way round a missing IPv6, and what is told when it
// fails. Whole processes are started and ended in `start.test.ts` and `shutdown.test.ts`.

import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { rawProblems } from '../../server/raw-problem.ts';
import { listen, shutDown } from '../../server/serve.ts';
import { openApp } from './support/open-app.ts';
import { waitFor } from './support/wait-for.ts';

const addressOf = (app: FastifyInstance): AddressInfo => app.server.address() as AddressInfo;

/** Makes the app's first attempt to listen fail as a kernel would. */
function failOnce(app: FastifyInstance, code: string): void {
  const error = Object.assign(new Error(`listen ${code}`), { code });
  vi.spyOn(app, 'listen').mockRejectedValueOnce(error);
}

test('an address of this machine is listened on', async () => {
  const { app } = await openApp();
  await listen(app, '127.0.0.1', 0);
  const reply = await fetch(`http://127.0.0.1:${addressOf(app).port}/health/live`);
  expect(reply.status).toBe(200);
});

test('localhost is one address, also where the name has two', async () => {
  const answer = (host: string, _options: unknown, tell: (...found: unknown[]) => void) => {
    const found = host === 'localhost' ? ['127.0.0.1', '127.0.0.2'] : [host];
    tell(
      null,
      found.map((address) => ({ address, family: 4 })),
    );
  };
  vi.spyOn(dns, 'lookup').mockImplementation(answer as unknown as typeof dns.lookup);
  onTestFinished(() => void vi.restoreAllMocks());
  const { app } = await openApp();
  await listen(app, 'localhost', 0);
  expect(app.addresses()).toHaveLength(1);
  const reply = await fetch(`http://127.0.0.1:${addressOf(app).port}/health/live`);
  expect(reply.status).toBe(200);
});

test.each(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])(
  ':: becomes 0.0.0.0 where the kernel says %s, and the log tells',
  async (code) => {
    const { app, lines } = await openApp();
    failOnce(app, code);
    await listen(app, '::', 0);
    expect(addressOf(app).address).toBe('0.0.0.0');
    expect(lines().some(({ msg }) => msg.includes('no IPv6'))).toBe(true);
  },
);

test.each([
  ['127.0.0.1', 'EADDRNOTAVAIL'],
  ['::', 'EADDRINUSE'],
])('%s with %s is no reason to listen elsewhere', async (host, code) => {
  const { app } = await openApp();
  failOnce(app, code);
  await expect(listen(app, host, 0)).rejects.toMatchObject({
    code: 'DKV_LISTEN_FAILED',
    message: expect.stringContaining(`HOST ${host} and PORT 0`),
    cause: { code },
  });
});

test('a shutdown waits for nobody who has not said a word', async () => {
  const { app, lines } = await openApp();
  await listen(app, '127.0.0.1', 0);
  const socket = connect(addressOf(app).port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  await shutDown(app);
  expect(app.server.listening).toBe(false);
  expect(lines().some(({ msg }) => msg.includes('are cut'))).toBe(false);
});

test('a shutdown cuts who does not end in time', async () => {
  const { app, lines } = await openApp();
  await listen(app, '127.0.0.1', 0);
  const socket = connect(addressOf(app).port, '127.0.0.1');
  socket.on('error', () => {});
  let reply = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    reply += text;
  });
  const half = 'POST /kv HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n';
  socket.write(
    `GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n${half}content-type: application/json\r\n\r\n{`,
  );
  await waitFor('the first reply', () => reply.includes('healthy'));
  await shutDown(app, 50);
  expect(lines().some(({ msg }) => msg.includes('connections are cut'))).toBe(true);
});

test('a connection that was reset gets no reply, and nothing fails', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  const accepted = new Promise<import('node:net').Socket>((resolve) =>
    server.once('connection', resolve),
  );
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  const socket = await accepted;
  const counted: number[] = [];
  const send = rawProblems((status) => counted.push(status));
  send(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), socket);
  expect(socket.destroyed).toBe(true);
  expect(counted).toEqual([]);
});
