// All watches of the operator. Each namespace stands by itself: its DumbKVs are worked on as soon
// as its own kinds are listed, whatever becomes of the others (watched-objects.ts has the caches).
import type { Clock } from '../clock.ts';
import type { KubeClient } from '../kube/client.ts';
import { objectKey } from '../kube/resource.ts';
import { Reflector } from './reflector.ts';
import type { RestartReason, WatchState } from './watch-state.ts';
import { WatchedObjects } from './watched-objects.ts';

export interface WatchesOptions {
  client: KubeClient;
  clock: Clock;
  random: () => number;
  /** The namespaces to look after; none means all. */
  namespaces: readonly string[];
  /** Called with the key of each DumbKV that should be looked at. */
  enqueue: (key: string) => void;
  /** Told when a namespace (undefined: all of them) is listed and worked on from now on. */
  onComplete: (namespace: string | undefined) => void;
  /** Told of a watch that fails, once for each reason in a row. */
  onFailure: (state: WatchState) => void;
  onRestart: (kind: string, reason: RestartReason) => void;
  onListenerError: (error: unknown) => void;
}

/** The watches, and what they have seen. */
export class Watches {
  readonly objects: WatchedObjects;
  readonly #options: WatchesOptions;
  readonly #reflectors: readonly Reflector[];
  /** The namespaces of which every kind has been listed; undefined stands for all of them. */
  readonly #complete = new Set<string | undefined>();
  readonly #firstComplete = Promise.withResolvers<void>();

  constructor(options: WatchesOptions) {
    const { namespaces, enqueue, onListenerError } = options;
    this.#options = options;
    this.objects = new WatchedObjects({
      namespaces,
      // what is known of an incomplete namespace would make children look missing
      enqueue: (key) => this.#isComplete(key) && enqueue(key),
      onListenerError,
    });
    this.#reflectors = this.objects.scopes.map(({ cache, ...scope }) => {
      const { client, clock, random, onRestart, onFailure } = options;
      const shared = { client, clock, random, onRestart, onFailure };
      return new Reflector({ ...scope, ...shared, sink: cache, onSinkError: onListenerError });
    });
    const places = namespaces.length > 0 ? namespaces : [undefined];
    for (const namespace of new Set(places)) void this.#await(namespace);
  }

  /** What is known of every watch: readiness judges by it. */
  states(): WatchState[] {
    return this.#reflectors.map((reflector) => reflector.state());
  }

  /** Watches until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /** Resolves when there is a namespace to work on. */
  whenFirstComplete(): Promise<void> {
    return this.#firstComplete.promise;
  }

  /** The keys of all DumbKVs that can be worked on. */
  keys(): string[] {
    const keys = this.objects.dumbkvs().map(({ metadata }) => objectKey(metadata));
    return keys.filter((key) => this.#isComplete(key));
  }

  async #await(namespace: string | undefined): Promise<void> {
    const own = this.#reflectors.filter((one) => one.state().namespace === namespace);
    await Promise.all(own.map((reflector) => reflector.whenSynced()));
    this.#complete.add(namespace);
    for (const key of this.keys()) if (isIn(namespace, key)) this.#options.enqueue(key);
    this.#options.onComplete(namespace);
    this.#firstComplete.resolve();
  }

  #isComplete(key: string): boolean {
    return [...this.#complete].some((namespace) => isIn(namespace, key));
  }
}

const isIn = (namespace: string | undefined, key: string): boolean =>
  namespace === undefined || key.startsWith(`${namespace}/`);
