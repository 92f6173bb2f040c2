// The app on a real SQLite file, with the calls under /v1 made short.
// Used by the tests of /v1.
import { join } from 'node:path';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { onTestFinished } from 'vitest';
import type { AppDeps } from '../../../server/app.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import { capturedLog } from './captured-log.ts';
import { type OpenApp, openApp } from './open-app.ts';
import { tempFolder } from './temp-folder.ts';

type Method = NonNullable<InjectOptions['method']>;

export interface CallOptions {
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer | object;
}

export interface OpenV1 extends OpenApp {
  /** Calls what is at a path below /v1/databases. */
  call(method: Method, path: string, options?: CallOptions): Promise<LightMyRequestResponse>;
  /** Calls the entry of a key in database 0. */
  entry(method: Method, key: string, options?: CallOptions): Promise<LightMyRequestResponse>;
}

/** Opens a store in a file of its own, closed when the running test ends. */
export async function openFileStore(): Promise<Store> {
  const location = join(tempFolder(), 'dumbkv.db');
  const store = await openStore({ location }, capturedLog().log, new AbortController().signal);
  return store;
}

/** Builds an app that is closed when the running test ends. */
export async function openV1(deps: Partial<AppDeps> = {}): Promise<OpenV1> {
  const store = deps.store ?? (await openFileStore());
  const open = await openApp({ ...deps, store });
  const call: OpenV1['call'] = (method, path, { headers = {}, body } = {}) =>
    open.send({
      method,
      url: `/v1/databases${path}`,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
  return {
    ...open,
    call,
    entry: (method, key, options) => call(method, `/0/keys/${encodeURIComponent(key)}`, options),
  };
}

/** Expects a problem with this status and code; gives what it says. */
export function problemIn(reply: LightMyRequestResponse): { status: number; code: string } {
  const { status, code } = reply.json();
  if (status !== reply.statusCode) throw new Error(`${reply.statusCode}: ${reply.body}`);
  return { status, code };
}

/** Listens on a free port of the loopback address; gives the address. */
export async function urlOf({ app }: Pick<OpenApp, 'app'>): Promise<string> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.server.closeAllConnections());
  return url;
}
