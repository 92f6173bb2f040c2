// One answer on its way through the misbehaving proxy, and the ways in which it can go wrong
// halfway. misbehaving-proxy.ts makes one for each request that it passes on.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer that is being passed on. */
export interface Flow {
  isWatch: boolean;
  /** Keeps the connection and passes nothing more on. */
  stall(): void;
  /** Breaks the connection. */
  reset(): void;
  /** Begins a line and breaks the connection. */
  cut(): void;
}

/** How an answer is passed on; `reset` breaks its connection, by itself after `limitBytes`. */
export interface FlowOptions {
  isWatch: boolean;
  reset: () => void;
  limitBytes: number | undefined;
}

/** Passes an answer on as it comes. */
export function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  { isWatch, reset, limitBytes = Number.POSITIVE_INFINITY }: FlowOptions,
): Flow {
  let sentBytes = 0;
  let isStalled = false;
  response.writeHead(incoming.statusCode ?? 502, incoming.headers);
  // a watch's headers must go on at once: its first event may be minutes away
  response.flushHeaders();
  incoming.on('data', (chunk: Buffer) => {
    if (isStalled) return;
    const part = chunk.subarray(0, limitBytes - sentBytes);
    sentBytes += part.length;
    response.write(part, () => sentBytes >= limitBytes && reset());
  });
  incoming.on('end', () => isStalled || response.end());
  incoming.on('error', reset);
  return {
    isWatch,
    stall: () => {
      isStalled = true;
    },
    reset,
    cut: () => {
      isStalled = true;
      response.write('{"type":"ADDED","obj', reset);
    },
  };
}

/** Answers 200 and says nothing more. */
export function endlessly(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
}
