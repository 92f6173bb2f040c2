// Clients that take their time, many at once: heads and bodies that come byte by byte, and replies
// that nobody reads. Whoever is cut off comes again.
// Next: `main.ts` measures what honest clients notice of them; a test in test/server uses them too.
import { connect, type Socket } from 'node:net';

export const SLOW_KINDS = ['head', 'body', 'reader'] as const;
export type SlowKind = (typeof SLOW_KINDS)[number];

/** The key whose value the readers ask for, and do not read. */
export const LARGE_KEY = 'large';

const BYTE_EVERY_MS = 1_000;

const HEADERS = 'host: localhost\r\ncontent-type: application/json\r\n';
const ASK = JSON.stringify({ key: LARGE_KEY });

/** What is sent at once; the rest of a head or body comes byte by byte. */
const BEGINNINGS: Record<SlowKind, string> = {
  head: `POST /kv HTTP/1.1\r\n${HEADERS}x-slow: `,
  body: `PUT /kv HTTP/1.1\r\n${HEADERS}content-length: 100000\r\n\r\n`,
  reader: `POST /kv HTTP/1.1\r\n${HEADERS}content-length: ${ASK.length}\r\n\r\n${ASK}`,
};

export interface SlowClients {
  /** How many are connected now. */
  connected(): number;
  /** How often one of a kind was cut off, or told to go. */
  readonly cutOff: Record<SlowKind, number>;
  stop(): void;
}

/**
 * Connects so many to a port of the loopback address, of each kind as many as of the others, one
 * after the other: what a thousand large reads cost at once is no question of slowness.
 */
export function startSlowClients(port: number, count: number, everyMs = 10): SlowClients {
  const cutOff = { head: 0, body: 0, reader: 0 };
  const open = new Map<Socket, SlowKind>();
  let stopped = false;
  const begin = (kind: SlowKind) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.once('connect', () => {
      open.set(socket, kind);
      socket.write(BEGINNINGS[kind]);
      if (kind === 'reader') socket.pause();
      else socket.resume();
    });
    socket.once('close', () => {
      open.delete(socket);
      if (stopped) return;
      cutOff[kind] += 1;
      setTimeout(() => !stopped && begin(kind), BYTE_EVERY_MS).unref();
    });
  };
  const drip = setInterval(() => {
    for (const [socket, kind] of open) {
      if (kind !== 'reader' && socket.writable) socket.write(' ');
    }
  }, BYTE_EVERY_MS);
  let begun = 0;
  const arrive = setInterval(() => {
    if (begun === count) return clearInterval(arrive);
    begin(SLOW_KINDS[begun % SLOW_KINDS.length] ?? 'head');
    begun += 1;
  }, everyMs);
  return {
    connected: () => open.size,
    cutOff,
    stop: () => {
      stopped = true;
      clearInterval(drip);
      clearInterval(arrive);
      for (const socket of open.keys()) socket.destroy();
    },
  };
}
