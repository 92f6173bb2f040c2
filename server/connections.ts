// Connections: their requests are worked on one after the other; at the end each reply says that it
// is the last, and who has not said a word is let go.
// Next: `serve.ts`, which waits for the rest.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { limits } from './limits.ts';

/**
 * Makes the close of `app` wait for requests in flight and for nothing else. First it serves on for
 * a moment: who holds a connection may just be sending a request, and learns of the end by its
 * reply.
 */
export function endConnections(app: FastifyInstance): void {
  const open = new Set<Socket>();
  let closing = false;
  let allGone = () => {};
  app.server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0) allGone();
    });
  });
  app.addHook('preClose', async () => {
    closing = true;
    await new Promise<void>((resolve) => {
      allGone = resolve;
      if (open.size === 0) resolve();
      else setTimeout(resolve, limits.shutdownDrainMs);
    });
    // Node takes a connection for idle only after its first request; browsers open some in advance.
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });
}

const pending = new WeakMap<Socket, ServerResponse[]>();

/** The replies that a connection still waits for, in their order. */
export const unanswered = (socket: Socket): readonly ServerResponse[] => pending.get(socket) ?? [];

/** How many requests may wait behind others. */
export interface WaitingBounds {
  readonly perConnection?: number | undefined;
  readonly inAll?: number | undefined;
}

/**
 * Begins a request when the one before it on its connection has been answered: clients send many at
 * once, and a write must not be overtaken. Who sends more than may wait is cut off: each of them
 * takes memory, and one in front may take for ever, or its reply not be read.
 */
export function answerInOrder(
  app: FastifyInstance,
  { perConnection = limits.pipelinedMax, inAll = limits.pipelinedInAllMax }: WaitingBounds = {},
): void {
  let waiting = 0;
  app.addHook('onRequest', (request, { raw }, done) => {
    const { socket } = request.raw;
    const all = pending.get(socket) ?? [];
    const before = all.at(-1);
    if (before !== undefined && (all.length > perConnection || waiting >= inAll)) {
      // nothing of this request has begun, and nothing will
      socket.destroy();
      return;
    }
    all.push(raw);
    if (before === undefined) pending.set(socket, all);
    raw.once('close', () => all.splice(all.indexOf(raw), 1));
    if (before === undefined) return done();
    waiting += 1;
    before.once('close', () => {
      waiting -= 1;
      done();
    });
  });
}
