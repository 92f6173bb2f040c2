// A collector of traces: a real HTTP server that keeps what it is sent by OTLP.
// Used by tests of tracing. The bodies are protobuf, in which texts and ids stand as they are.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { waitFor } from './wait-for.ts';

export interface Collector {
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: string[];
  /** All that came so far. */
  received(): Buffer;
  /** Waits until this text has come. */
  holds(text: string): Promise<void>;
  /** Is gone, as if it had never been there. */
  leave(): void;
}

/** Starts a collector that is gone when the running test ends; `answer` answers in its place. */
export async function startCollector(answer?: RequestListener): Promise<Collector> {
  const asked: string[] = [];
  const chunks: Buffer[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (answer) answer(request, response);
    else request.on('end', () => response.end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const leave = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(leave);
  const received = () => Buffer.concat(chunks);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    received,
    holds: async (text) => void (await waitFor(text, () => received().includes(text))),
    leave,
  };
}
