// A client whose lists and watches lie for a while, as those of an API server that lags or of a
// proxy that replays: events are missed, shown twice, or in another order, and lists are those of
// before. Each lie ends with a watch that expired, after which the truth is listed.
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../../../operator/kube/api-errors.ts';
import type {
  KubeClient,
  KubeObject,
  Preconditions,
  ResourceType,
  WatchEvent,
  WatchOptions,
} from '../../../operator/kube/client.ts';

/** What a client does wrong, and from which event or write on. */
export interface Lie {
  readonly kind: 'missed' | 'doubled' | 'reordered' | 'travelled';
  readonly at: number;
}

/** How long a lie is kept up: many looks of the operator. */
const LIE_MS = 300;
/** How many changes of a kind lists go back. */
const STEPS_BACK = 3;

interface Snapshot {
  resourceVersion: string;
  objects: ReadonlyMap<string, KubeObject>;
}

/** The client of one run, which lies once. */
export class DistortingClient {
  /** The preconditions of everything that was deleted. */
  readonly removals: Preconditions[] = [];
  readonly #lie: Lie;
  readonly #history = new Map<string, Snapshot[]>();
  readonly #expire = new Map<ResourceType, () => void>();
  #events = 0;
  #writes = 0;
  #isTravelling = false;

  constructor(lie: Lie) {
    this.#lie = lie;
  }

  /** Whether there was an occasion to lie. */
  hasLied = false;

  /** The client as the operator sees it. */
  over(inner: KubeClient): KubeClient {
    const counted = <T>(write: Promise<T>): Promise<T> => {
      this.#countWrite();
      return write;
    };
    return {
      ...inner,
      list: async (type, options, signal) => {
        const page = await inner.list(type, options, signal);
        const objects = new Map(page.items.map((item) => [item.metadata.name, item]));
        if (!this.#isTravelling) this.#remember(type, page.resourceVersion, objects);
        const then = this.#isTravelling ? this.#back(type) : undefined;
        if (then === undefined) return page;
        this.hasLied = true;
        return { items: [...then.objects.values()], resourceVersion: then.resourceVersion };
      },
      watch: (type, options, signal) => this.#watch(inner, type, options, signal),
      create: (...call) => counted(inner.create(...call)),
      apply: (...call) => counted(inner.apply(...call)),
      mergePatch: (...call) => counted(inner.mergePatch(...call)),
      remove: (...call) => {
        this.removals.push(call[3]);
        return counted(inner.remove(...call));
      },
    };
  }

  async #watch(
    inner: KubeClient,
    type: ResourceType,
    options: WatchOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent>> {
    // whoever is sent back in time stays there for a while
    if (this.#isTravelling) await pause(LIE_MS, undefined, { signal }).catch(() => {});
    // one that has expired is closed, whoever waits for its next line
    const closing = new AbortController();
    const both = AbortSignal.any([signal, closing.signal]);
    const events = await inner.watch(type, options, both);
    const expiry = Promise.withResolvers<never>();
    expiry.promise.catch(() => {});
    const status = { reason: 'Expired', message: 'the watch is over' };
    const error = new ApiError({ method: 'WATCH', path: type.plural }, 410, status);
    this.#expire.set(type, () => {
      expiry.reject(error);
      closing.abort();
    });
    return this.#shown(type, untilExpired(events, expiry.promise));
  }

  async *#shown(type: ResourceType, events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent> {
    let before: WatchEvent | undefined;
    let held: WatchEvent | undefined;
    for await (const event of events) {
      if (event.type === 'BOOKMARK' || event.type === 'ERROR') {
        yield event;
        continue;
      }
      this.#note(type, event);
      this.#events += 1;
      const isTime = this.#events >= this.#lie.at;
      if (this.#lie.kind === 'missed' && this.#events === this.#lie.at) {
        this.#lieOnce(type);
        continue;
      }
      if (this.#lie.kind === 'reordered' && isTime && event.type === 'DELETED' && !held) {
        held = event;
        this.#lieOnce(type);
        continue;
      }
      yield event;
      if (this.#lie.kind === 'doubled' && isTime) {
        this.hasLied = true;
        yield event;
        if (before !== undefined) yield before;
      }
      if (held !== undefined && event.type === 'ADDED') {
        yield held;
        held = undefined;
      }
      before = event;
    }
  }

  /** Keeps what a kind was like after each change. */
  #note(type: ResourceType, { type: happened, object }: WatchEvent): void {
    const { name, resourceVersion = '' } = object.metadata;
    const objects = new Map(this.#history.get(type.kind)?.at(-1)?.objects ?? []);
    if (happened === 'DELETED') objects.delete(name);
    else objects.set(name, object);
    this.#remember(type, resourceVersion, objects);
  }

  #remember(
    type: ResourceType,
    resourceVersion: string,
    objects: ReadonlyMap<string, KubeObject>,
  ): void {
    const snapshots = this.#history.get(type.kind) ?? [];
    snapshots.push({ resourceVersion, objects });
    this.#history.set(type.kind, snapshots);
  }

  #back(type: ResourceType): Snapshot | undefined {
    const snapshots = this.#history.get(type.kind) ?? [];
    return snapshots.at(-1 - Math.min(STEPS_BACK, snapshots.length - 1));
  }

  /** The truth comes a little later. */
  #lieOnce(type: ResourceType): void {
    this.hasLied = true;
    setTimeout(() => this.#expire.get(type)?.(), LIE_MS);
  }

  #countWrite(): void {
    this.#writes += 1;
    if (this.#lie.kind !== 'travelled' || this.#writes !== this.#lie.at) return;
    this.#isTravelling = true;
    for (const expire of this.#expire.values()) expire();
    setTimeout(() => {
      this.#isTravelling = false;
      for (const expire of this.#expire.values()) expire();
    }, 2 * LIE_MS);
  }
}

/** The events until a promise is rejected, with which they end. */
async function* untilExpired(
  events: AsyncIterable<WatchEvent>,
  expiry: Promise<never>,
): AsyncGenerator<WatchEvent> {
  const iterator = events[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), expiry]);
    if (next.done) return;
    yield next.value;
  }
}
