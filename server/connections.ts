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

/**
 * Begins a request when the one before it on its connection has been answered: clients send many at
 * once, and a write must not be overtaken.
 */
export function answerInOrder(app: FastifyInstance): void {
  app.addHook('onRequest', (request, { raw }, done) => {
    const { socket } = request.raw;
    const all = pending.get(socket) ?? [];
    const before = all.at(-1);
    all.push(raw);
    if (before === undefined) pending.set(socket, all);
    raw.once('close', () => all.splice(all.indexOf(raw), 1));
    if (before === undefined) done();
    else before.once('close', () => done());
  });
}
