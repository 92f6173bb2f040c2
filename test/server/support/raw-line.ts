// A connection to a server, written to byte by byte, with all that came back.
// Used by tests of what no HTTP client would send.
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { waitFor } from './wait-for.ts';

export interface RawLine {
  readonly socket: Socket;
  /** All that came back so far. */
  reply(): string;
  /** Waits until all that was written is on its way. */
  flushed(): Promise<void>;
  /** Waits for that many replies; gives their statuses. */
  statuses(count: number): Promise<number[]>;
}

/** Opens a connection that is gone when the running test ends. */
export async function openRawLine(port: number): Promise<RawLine> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  let reply = '';
  socket.on('data', (text: string) => {
    reply += text;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const statuses = () => [...reply.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, text]) => Number(text));
  return {
    socket,
    reply: () => reply,
    flushed: async () => void (await waitFor('the bytes to go', () => socket.writableLength === 0)),
    statuses: (count) =>
      waitFor(`${count} replies`, () => (statuses().length >= count ? statuses() : undefined)),
  };
}

/** Listens on a free port of the loopback address. */
export async function portOf(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** The bytes of a request to /kv; `headers` end in a line break each. */
export const rawRequest = (method: string, body: string, headers = ''): string =>
  `${method} /kv HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
  `${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
