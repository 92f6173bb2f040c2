// What the tests of applying share: an API server in memory, a cache that knows what it is told,
// and both as the context of a reconcile.

import { Contention } from '../../../../operator/apply/contention.ts';
import type { WriteContext } from '../../../../operator/apply/update.ts';
import type { KubeClient } from '../../../../operator/kube/client.ts';
import {
  type KubeObject,
  type ResourceType,
  resourcePath,
} from '../../../../operator/kube/resource.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingClient } from '../../../support/recording-client.ts';

/** Knows what a test puts there and what is observed, and asks the API server for the rest. */
export class TestCache {
  readonly observed: KubeObject[] = [];
  readonly removed: KubeObject[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  async find(type: ResourceType, namespace: string, name: string) {
    return this.get(type, namespace, name) ?? this.#client.get(type, namespace, name);
  }

  observeRemoval(object: KubeObject): void {
    this.removed.push(object);
  }

  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(resourcePath(type, namespace, name));
  }

  observeWrite(type: ResourceType, object: KubeObject): void {
    this.observed.push(object);
    this.put(type, object);
  }

  put(type: ResourceType, object: KubeObject): void {
    const { namespace, name } = object.metadata;
    this.#objects.set(resourcePath(type, namespace, name), object);
  }
}

export interface Setting {
  client: RecordingClient;
  cache: TestCache;
  context: WriteContext;
  clock: FakeClock;
}

/** An empty API server and an empty cache. */
export function setting(): Setting {
  const client = new RecordingClient();
  const cache = new TestCache(client);
  const clock = new FakeClock();
  const contention = new Contention(() => clock.nowMs());
  const { signal } = new AbortController();
  return { client, cache, clock, context: { client, cache, contention, signal } };
}
