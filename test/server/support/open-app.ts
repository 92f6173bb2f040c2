// The app on a real store in memory, with `inject` made short.
// Used by tests of what a request meets.
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { onTestFinished } from 'vitest';
import { type AppDeps, buildApp } from '../../../server/app.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import { type CapturedLog, capturedLog } from './captured-log.ts';

export interface OpenApp extends CapturedLog {
  readonly app: FastifyInstance;
  readonly store: Store;
  /** Sends a JSON body to /kv. */
  kv(
    method: 'POST' | 'PUT' | 'DELETE',
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>;
  send(options: InjectOptions): Promise<LightMyRequestResponse>;
}

/** Builds an app that is closed when the running test ends. */
export async function openApp(deps: Partial<AppDeps> = {}): Promise<OpenApp> {
  const captured = capturedLog();
  const { log } = captured;
  const store =
    deps.store ?? (await openStore({ location: ':memory:' }, log, new AbortController().signal));
  const app = await buildApp({ tokens: undefined, allowedOrigins: [], log, ...deps, store });
  onTestFinished(async () => {
    await app.close();
    await store.close();
  });
  const send = (options: InjectOptions) => app.inject(options);
  return {
    ...captured,
    app,
    store,
    send,
    kv: (method, body, headers = {}) =>
      send({
        method,
        url: '/kv',
        headers: { 'content-type': 'application/json', ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}
