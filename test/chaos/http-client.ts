// A client that never throws: a reply, or that the connection was cut and nothing is known.
// Connections are kept, as many as there are calls at one time.
// Next: `kv-client.ts` speaks /kv, `entry-client.ts` and `batch-client.ts` speak /v1.
import { Agent, request } from 'node:http';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Reply {
  /** 0: cut. */
  readonly status: number;
  readonly text: string;
  readonly etag: string | undefined;
}

/** Answers after which it is certain that nothing was written: see `write` in the store. */
export const REFUSALS: readonly string[] = [
  ...['DKV_STORE_FULL', 'DKV_SERVER_BUSY', 'DKV_STORE_UNAVAILABLE'],
];

/** The code that a problem is told by. */
export const codeOf = ({ text }: Reply): string | undefined => /"code":"(DKV_\w+)"/.exec(text)?.[1];

const CUT: Reply = { status: 0, text: '', etag: undefined };

export class HttpClient {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(url: string, connections: number) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  send({ method, path, headers, body = '' }: Call): Promise<Reply> {
    const length =
      body === '' && method !== 'PUT' ? {} : { 'content-length': Buffer.byteLength(body) };
    const how = { method, agent: this.#agent, headers: { ...headers, ...length } };
    return new Promise((resolve) => {
      const sent = request(new URL(path, this.#url), how, (reply) => {
        let text = '';
        reply.setEncoding('utf8');
        reply.on('data', (part: string) => {
          text += part;
        });
        reply.on('error', () => resolve(CUT));
        reply.on('close', () => {
          const { statusCode: status = 0, headers: received } = reply;
          resolve(reply.complete ? { status, text, etag: received.etag } : CUT);
        });
      });
      sent.on('error', () => resolve(CUT));
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
