// A reflector over a scripted client, a clock that stands still and a cache that writes down what
// it is told. The reflector's tests begin with one.
import { ApiError, type Status } from '../../../../operator/kube/api-errors.ts';
import type { WatchEvent } from '../../../../operator/kube/client.ts';
import { watchLimits } from '../../../../operator/limits.ts';
import { ObjectCache } from '../../../../operator/watch/cache.ts';
import { Reflector, type WatchLimits } from '../../../../operator/watch/reflector.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { CONFIG_MAP, configMap, ScriptedClient } from './scripted-client.ts';

/** How the reflector of a test differs from the usual one. */
export interface FixtureOptions {
  limits?: Partial<WatchLimits>;
  random?: () => number;
  isOptional?: boolean;
  transform?: () => never;
}

/** Starts the parts; `stop` ends the reflector and resolves when its run() has. */
export function startReflector(client: ScriptedClient, options: FixtureOptions = {}) {
  const restarts: string[] = [];
  const changes: string[] = [];
  const sinkErrors: unknown[] = [];
  const cache = new ObjectCache({
    type: CONFIG_MAP,
    ...(options.transform ? { transform: options.transform } : {}),
  });
  cache.subscribe(({ kind, object }) => changes.push(`${kind} ${object.metadata.name}`));
  const reflector = new Reflector({
    client: client.asClient(),
    type: CONFIG_MAP,
    namespace: 'shop',
    labelSelector: 'a=b',
    isOptional: options.isOptional ?? false,
    sink: cache,
    clock: client.clock,
    random: options.random ?? (() => 0.999),
    limits: { ...watchLimits, ...options.limits },
    onRestart: (_kind, reason) => restarts.push(reason),
    onSinkError: (error) => sinkErrors.push(error),
  });
  const stopping = new AbortController();
  const running = reflector.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await settle();
    await running;
  };
  return { reflector, cache, restarts, changes, sinkErrors, stop };
}

/** A scripted client on a clock of its own. */
export function scripted(): ScriptedClient {
  return new ScriptedClient(new FakeClock());
}

export function event(type: WatchEvent['type'], name: string, version: string): WatchEvent {
  return { type, object: configMap(name, version) };
}

export function bookmark(resourceVersion: string): WatchEvent {
  return { type: 'BOOKMARK', object: { metadata: { name: '', resourceVersion } } };
}

/** An answer of the API server that is an error. */
export function refusal(statusCode: number, status: Status = {}): ApiError {
  return new ApiError({ method: 'GET', path: '/api/v1/configmaps' }, statusCode, status);
}

/** The same error as a watch carries it in band. */
export function inBandError(code: number, reason = ''): WatchEvent {
  const object = { kind: 'Status', code, reason, message: reason, metadata: { name: '' } };
  return { type: 'ERROR', object };
}
