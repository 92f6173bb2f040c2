// A client that never throws: an answer, or that the connection was cut and nothing is known.
// Connections are kept, as many as there are calls at one time. Used by all proofs that load a
// server.
import { Agent, request } from 'node:http';

export interface Answer {
  /** 0: cut. */
  readonly status: number;
  /** What the body holds: a value, a code, or nothing. */
  readonly value?: string;
  readonly code?: string;
}

const CUT: Answer = { status: 0 };

export type Method = 'POST' | 'PUT' | 'DELETE';

export class KvClient {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: string, connections: number) {
    this.#url = new URL('/kv', url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Sends a JSON body to /kv. */
  send(method: Method, body: object, headers: Record<string, string> = {}): Promise<Answer> {
    const text = JSON.stringify(body);
    const all = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    };
    return new Promise((resolve) => {
      const sent = request(this.#url, { method, agent: this.#agent, headers: all }, (reply) => {
        let received = '';
        reply.setEncoding('utf8');
        reply.on('data', (part: string) => {
          received += part;
        });
        reply.on('error', () => resolve(CUT));
        reply.on('close', () => {
          if (!reply.complete) resolve(CUT);
          else resolve({ ...JSON.parse(received), status: reply.statusCode ?? 0 });
        });
      });
      sent.on('error', () => resolve(CUT));
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
