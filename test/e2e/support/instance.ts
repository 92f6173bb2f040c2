// An instance as its clients see it: the calls of the key-value contract through its Service.
// `ground.ts` makes one with the token of its Secret.
import type { Caller, HttpAnswer } from './caller.ts';

const REQUEST_LIMIT_MS = 10_000;

/** The key-value calls of one instance, with one token. */
export class Instance {
  readonly url: string;
  readonly #caller: Caller;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;

  constructor(caller: Caller, url: string, token?: string, timeoutMs = REQUEST_LIMIT_MS) {
    this.#caller = caller;
    this.url = url;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
  }

  /** The same instance with another token, or none. */
  withToken(token?: string): Instance {
    return new Instance(this.#caller, this.url, token, this.#timeoutMs);
  }

  /** The same instance at another address, with the same token. */
  at(url: string): Instance {
    return new Instance(this.#caller, url, this.#token, this.#timeoutMs);
  }

  /** The same instance for a client that gives up after so long. */
  within(timeoutMs: number): Instance {
    return new Instance(this.#caller, this.url, this.#token, timeoutMs);
  }

  /** Stores a value; throws unless the write is acknowledged. */
  async put(key: string, value: string): Promise<void> {
    expectSuccess(`put ${key}`, await this.call('PUT', { key, value }));
  }

  /** The value of a key; undefined if there is none. Throws if the instance cannot tell. */
  async get(key: string): Promise<string | undefined> {
    const answer = await this.call('POST', { key });
    if (answer.status === 404) return undefined;
    expectSuccess(`get ${key}`, answer);
    return JSON.parse(answer.body).value;
  }

  async remove(key: string): Promise<void> {
    expectSuccess(`remove ${key}`, await this.call('DELETE', { key }));
  }

  /** One call of /kv, and its answer as it is. */
  call(method: string, entry: Record<string, unknown>): Promise<HttpAnswer> {
    const headers = {
      'content-type': 'application/json',
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
    };
    const body = JSON.stringify(entry);
    const request = { method, headers, body, timeoutMs: this.#timeoutMs };
    return this.#caller.request(`${this.url}/kv`, request);
  }

  /** GET of another path, without a token. */
  open(path: string): Promise<HttpAnswer> {
    return this.#caller.request(`${this.url}${path}`, { timeoutMs: this.#timeoutMs });
  }
}

function expectSuccess(what: string, { status, body }: HttpAnswer): void {
  if (status !== 200) throw new Error(`cannot ${what}: ${status} ${body}`);
}
