// What the tests of applying share: an API server in memory, a cache that knows what it is told,
// and both as the context of a reconcile.

import { Contention } from '../../../../operator/apply/contention.ts';
import type { WriteContext } from '../../../../operator/apply/update.ts';
import {
  type KubeObject,
  type ResourceType,
  resourcePath,
} from '../../../../operator/kube/resource.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingClient } from '../../../support/recording-client.ts';

/** A cache of what a test puts there and of what is observed; it asks nobody. */
export class TestCache {
  readonly observed: KubeObject[] = [];
  readonly #objects = new Map<string, KubeObject>();

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
  const cache = new TestCache();
  const clock = new FakeClock();
  const contention = new Contention(() => clock.nowMs());
  const { signal } = new AbortController();
  return { client, cache, clock, context: { client, cache, contention, signal } };
}
