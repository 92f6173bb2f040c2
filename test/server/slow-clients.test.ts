// A thousand clients that take their time: all others are answered meanwhile, and who takes too
// long is cut off. How much slower the others are is measured by `npm run slow-clients`.
import Fastify, { type FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { sendProblem } from '../../server/problem.ts';
import { boundReplies } from '../../server/replies.ts';
import { callAtPace, prepareKeys } from '../slow-clients/honest-clients.ts';
import { LARGE_KEY, startSlowClients } from '../slow-clients/slow-clients.ts';
import { openApp } from './support/open-app.ts';
import { openRawLine, portOf, rawRequest } from './support/raw-line.ts';
import { waitFor } from './support/wait-for.ts';

const COUNT = 1_000;
const KIB = 1024;

const connectionsOf = (app: FastifyInstance) =>
  new Promise<number>((resolve) => {
    app.server.getConnections((_error, count) => resolve(count));
  });

test('a thousand slow clients keep nobody from being answered, and are cut off', async () => {
  const { app, kv } = await openApp();
  const port = await portOf(app);
  await kv('PUT', { key: LARGE_KEY, value: 'v'.repeat(100 * KIB) });
  await prepareKeys(app.listeningOrigin);
  app.server.headersTimeout = 3_000;
  app.server.requestTimeout = 6_000;
  const slow = startSlowClients(port, COUNT, 2);
  onTestFinished(() => slow.stop());
  await waitFor('most of them', () => slow.connected() > 0.9 * COUNT);
  const noticed = await callAtPace(app.listeningOrigin, { perSecond: 50, seconds: 6 });
  expect(noticed.failures).toEqual([]);
  expect(noticed.latenciesMs).toHaveLength(300);
  await waitFor('heads that dripped to be cut off', () => slow.cutOff.head > 300);
  await waitFor('bodies that dripped to be cut off', () => slow.cutOff.body > 300);
});

test('who does not read a large reply is cut off, and its room is there for others', async () => {
  const { app, kv } = await openApp({ repliesBytesMax: 6 * KIB * KIB, replyTimeoutMs: 1_000 });
  const port = await portOf(app);
  await kv('PUT', { key: LARGE_KEY, value: 'v'.repeat(KIB * KIB) });
  const ask = rawRequest('POST', JSON.stringify({ key: LARGE_KEY }));
  const readers = await Promise.all(Array.from({ length: 5 }, () => openRawLine(port)));
  for (const { socket } of readers) socket.pause().write(ask.repeat(30));
  await waitFor('them to be gone', async () => (await connectionsOf(app)) === 0);
  expect((await kv('POST', { key: LARGE_KEY })).statusCode).toBe(200);
});

test.each([
  ['bytes', Buffer.alloc(20 * KIB), 503],
  ['text', 'v'.repeat(20 * KIB), 503],
  ['few bytes', Buffer.alloc(8 * KIB), 200],
  ['few letters', 'v'.repeat(8 * KIB), 200],
])('a reply of %s counts by its length', async (_, payload, status) => {
  const app = Fastify();
  onTestFinished(() => app.close());
  boundReplies(app, { totalBytes: 10 * KIB });
  app.setErrorHandler(sendProblem);
  app.get('/', async (_request, reply) => reply.send(payload));
  expect((await app.inject('/')).statusCode).toBe(status);
});
