// Sends requests to the API server: adds credentials and time limits, repeats once after 401 and
// within bounds after Retry-After, and counts. Answers go to create-client.ts as parsed JSON.
import { type Agent, type Dispatcher, request as send } from 'undici';
import { type Clock, sleep, systemClock } from '../clock.ts';
import { kubeLimits } from '../limits.ts';
import { isUnauthorized } from './api-errors.ts';
import { type Connections, closeConnections, createConnections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import { withDeadline } from './deadline.ts';
import { badAnswer, readRefusal, retryAfterMs, transportFailure } from './failures.ts';

/** One request; the path carries its query. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  contentType?: string;
  /** Repeat after 429 or 503 with Retry-After: only for requests that change nothing. */
  repeatable?: boolean;
}

/** What a transport is made of. */
export interface TransportOptions {
  credentials: Credentials;
  userAgent?: string;
  clock?: Clock;
  /** The whole of one call with its repetitions, in milliseconds. */
  callTimeoutMs?: number;
  /** Called once for each request sent; `code` is the HTTP status or `<error>`. */
  onRequest?: (code: string, method: string, host: string) => void;
}

/** Sends requests to the API server. */
export interface Transport {
  /** The parsed JSON of a 2xx answer; everything else is an ApiError or a TransportError. */
  call(request: ApiRequest, signal?: AbortSignal): Promise<unknown>;
  /** The body of a 2xx answer as it arrives; ends with the signal. */
  open(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Lets running calls end, then closes every connection. */
  close(): Promise<void>;
}

/** A transport with its own connections; nothing connects before the first request. */
export function createTransport(options: TransportOptions): Transport {
  return new HttpTransport(options);
}

class HttpTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #host: string;
  readonly #connections: Connections;
  readonly #clock: Clock;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#host = new URL(options.credentials.serverUrl).host;
    this.#connections = createConnections(options.credentials.tls);
    this.#clock = options.clock ?? systemClock;
  }

  async call(request: ApiRequest, outer?: AbortSignal): Promise<unknown> {
    const limitMs = this.#options.callTimeoutMs ?? kubeLimits.callTimeoutMs;
    try {
      return await withDeadline(limitMs, outer, (signal) => this.#repeat(request, signal));
    } catch (error) {
      throw outer?.aborted ? outer.reason : transportFailure(error, request, this.#host);
    }
  }

  async open(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    try {
      return (await this.#authenticated(this.#connections.watch, request, signal)).body;
    } catch (error) {
      throw signal.aborted ? signal.reason : transportFailure(error, request, this.#host);
    }
  }

  close(): Promise<void> {
    return closeConnections(this.#connections);
  }

  async #repeat(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#callOnce(request, signal);
      } catch (error) {
        const waitMs = request.repeatable ? retryAfterMs(error) : undefined;
        if (waitMs === undefined || attempt >= kubeLimits.retryAfterTries) throw error;
        await sleep(this.#clock, waitMs, signal);
        signal.throwIfAborted();
      }
    }
  }

  async #callOnce(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#authenticated(this.#connections.unary, request, signal);
    const text = await answer.body.text();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw badAnswer(request, this.#host, 'the answer is not JSON', cause);
    }
  }

  async #authenticated(agent: Agent, request: ApiRequest, signal: AbortSignal) {
    try {
      return await this.#sendOnce(agent, request, signal);
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      return await this.#sendOnce(agent, request, signal);
    }
  }

  async #sendOnce(agent: Agent, request: ApiRequest, signal: AbortSignal) {
    const { credentials } = this.#options;
    const authentication = await credentials.headers();
    const answer = await this.#send(agent, request, authentication, signal);
    if (answer.statusCode === 401) credentials.invalidate(authentication);
    if (answer.statusCode < 200 || answer.statusCode > 299)
      throw await readRefusal(request, answer);
    return answer;
  }

  async #send(
    agent: Agent,
    request: ApiRequest,
    authentication: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    let code = '<error>';
    try {
      const answer = await send(this.#options.credentials.serverUrl + request.path, {
        dispatcher: agent,
        method: request.method,
        headers: { ...headersOf(request, this.#options.userAgent), ...authentication },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal,
      });
      code = String(answer.statusCode);
      return answer;
    } finally {
      this.#options.onRequest?.(code, request.method, this.#host);
    }
  }
}

function headersOf(request: ApiRequest, userAgent?: string): Record<string, string> {
  const contentType = request.contentType ?? 'application/json';
  return {
    accept: 'application/json',
    'user-agent': userAgent ?? 'dumbkv-operator',
    ...(request.body === undefined ? {} : { 'content-type': contentType }),
  };
}
