// A client of /kv that never throws: see `http-client.ts`.
// Used by all proofs that load a server.
import { HttpClient } from './http-client.ts';

export interface Answer {
  /** 0: cut. */
  readonly status: number;
  /** What the body holds: a value, a code, or nothing. */
  readonly value?: string;
  readonly code?: string;
}

export type Method = 'POST' | 'PUT' | 'DELETE';

const headers = { 'content-type': 'application/json' };

export class KvClient {
  readonly #http: HttpClient;

  constructor(url: string, connections: number) {
    this.#http = new HttpClient(url, connections);
  }

  /** Sends a JSON body to /kv. */
  async send(method: Method, sent: object): Promise<Answer> {
    const call = { method, path: '/kv', headers, body: JSON.stringify(sent) };
    const { status, text } = await this.#http.send(call);
    return status === 0 ? { status } : { ...JSON.parse(text), status };
  }

  close(): void {
    this.#http.close();
  }
}
