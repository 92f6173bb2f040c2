// Keeps a sink (cache.ts) equal to what the API server holds of one kind: lists, then watches,
// and after whatever goes wrong lists or watches again, with growing pauses, until it is told to
// stop.
import { type Clock, sleep, systemClock } from '../clock.ts';
import {
  ApiError,
  isGone,
  isNotFound,
  isResourceVersionTooLarge,
  isUnserved,
  watchError,
} from '../kube/api-errors.ts';
import type { KubeClient, KubeObject, ResourceType, WatchEvent } from '../kube/client.ts';
import { linkedSignal } from '../kube/deadline.ts';
import { resourcePath } from '../kube/resource.ts';
import { watchLimits } from '../limits.ts';
import { listAll } from './list-pages.ts';
import { SilenceTimer } from './silence.ts';
import { failuresAfter, watchDelayMs } from './watch-backoff.ts';
import type { RestartReason, WatchState } from './watch-state.ts';

/** Takes what a reflector finds; see ObjectCache. */
export interface WatchSink {
  project(object: KubeObject): KubeObject;
  replace(objects: readonly KubeObject[], resourceVersion: string): void;
  change(event: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void;
  progress(resourceVersion: string): void;
  /** The API server does not know the kind, or not any more: nothing of it is there. */
  unserved(): void;
}

/** The bounds of a reflector, with their units in their names. */
export type WatchLimits = { readonly [bound in keyof typeof watchLimits]: number };

/** What a reflector watches, and how. */
export interface ReflectorOptions {
  client: KubeClient;
  type: ResourceType;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  /** A kind that the API server may not know yet: then there are none, until it does. */
  isOptional?: boolean;
  sink: WatchSink;
  clock?: Clock;
  random?: () => number;
  limits?: WatchLimits;
  /** Told of every watch that is begun again. */
  onRestart?: (kind: string, reason: RestartReason) => void;
  /** Told of a failure, but not of the same one again before the API server was heard. */
  onFailure?: (state: WatchState) => void;
  /** The sink threw: it is reported here and the watch goes on. */
  onSinkError?: (error: unknown) => void;
}

/** List and watch of one kind, for as long as run() is not told to stop. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limits: WatchLimits;
  readonly #state: WatchState;
  readonly #synced = Promise.withResolvers<void>();
  /** Where to watch on; undefined when a list is needed first. */
  #resourceVersion: string | undefined;
  #silentWatches = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#limits = options.limits ?? watchLimits;
    this.#state = {
      kind: options.type.kind,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      synced: false,
      lastContactTimeMs: this.#clock.nowMs(),
      failures: 0,
    };
  }

  /** A copy of what is known of this watch. */
  state(): WatchState {
    return { ...this.#state };
  }

  /** Resolves when the first list is complete. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Lists and watches until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#turn(signal);
      if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
    }
  }

  /** One list or one watch; returns how long to wait before the next. */
  async #turn(signal: AbortSignal): Promise<number> {
    const startedMs = this.#clock.nowMs();
    try {
      if (this.#resourceVersion === undefined) {
        await this.#list(signal);
        return 0;
      }
      const reason = await this.#watch(this.#resourceVersion, signal);
      return signal.aborted ? 0 : this.#ended(reason, startedMs);
    } catch (error) {
      return signal.aborted ? 0 : this.#failed(error, startedMs);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, type, namespace, labelSelector, sink } = this.#options;
    const options = { namespace, labelSelector, limit: this.#limits.pageObjects };
    const request = { client, type, options, pages: this.#limits.pages };
    const project = (object: KubeObject) => this.#guard(() => sink.project(object));
    const { objects, resourceVersion } = await listAll(request, project, signal);
    this.#guard(() => sink.replace(objects, resourceVersion));
    this.#resourceVersion = resourceVersion;
    this.#heard();
    this.#state.synced = true;
    this.#synced.resolve();
  }

  async #watch(resourceVersion: string, outer: AbortSignal): Promise<RestartReason> {
    const { signal, abort, release } = linkedSignal(outer);
    let isSilent = false;
    let lines = 0;
    const silence = new SilenceTimer(this.#clock, this.#limits.silenceMs, () => {
      isSilent = true;
      abort(new Error('the watch is silent'));
    });
    try {
      const events = await this.#open(resourceVersion, signal);
      for await (const event of events) {
        if (signal.aborted) break;
        silence.heard();
        lines += 1;
        this.#take(event);
      }
    } catch (error) {
      if (!isSilent) throw error;
    } finally {
      silence.stop();
      release();
    }
    this.#silentWatches = isSilent && lines === 0 ? this.#silentWatches + 1 : 0;
    return isSilent ? 'silent' : 'ended';
  }

  #open(resourceVersion: string, signal: AbortSignal): Promise<AsyncIterable<WatchEvent>> {
    const { client, type, namespace, labelSelector } = this.#options;
    const { timeoutMinSeconds, timeoutMaxSeconds } = this.#limits;
    const spreadSeconds = Math.floor(this.#random() * (timeoutMaxSeconds - timeoutMinSeconds + 1));
    const timeoutSeconds = timeoutMinSeconds + spreadSeconds;
    return client.watch(
      type,
      { namespace, labelSelector, resourceVersion, timeoutSeconds },
      signal,
    );
  }

  #take(event: WatchEvent): void {
    const { type, namespace, sink } = this.#options;
    if (event.type === 'ERROR') {
      const path = resourcePath(type, namespace);
      throw watchError({ method: 'WATCH', path }, event.object);
    }
    this.#heard();
    const resourceVersion = event.object.metadata?.resourceVersion;
    if (event.type !== 'BOOKMARK') this.#guard(() => this.#change(event.type, event.object));
    if (!resourceVersion) return;
    if (event.type === 'BOOKMARK') this.#guard(() => sink.progress(resourceVersion));
    this.#resourceVersion = resourceVersion;
  }

  #change(event: WatchEvent['type'], object: KubeObject): void {
    const { sink } = this.#options;
    if (event === 'ADDED' || event === 'MODIFIED' || event === 'DELETED') {
      sink.change(event, sink.project(object));
    }
  }

  #heard(): void {
    this.#state.lastContactTimeMs = this.#clock.nowMs();
    delete this.#state.lastError;
  }

  #ended(reason: RestartReason, startedMs: number): number {
    const livedMs = this.#clock.nowMs() - startedMs;
    if (reason === 'ended' && livedMs < this.#limits.shortWatchMs) return this.#pause('short', 0);
    this.#options.onRestart?.(this.#state.kind, reason);
    if (livedMs >= this.#limits.healthyMs) this.#state.failures = 0;
    if (this.#silentWatches >= this.#limits.silentWatchesBeforeRelist) {
      this.#silentWatches = 0;
      this.#resourceVersion = undefined;
    }
    return 0;
  }

  #failed(error: unknown, startedMs: number): number {
    if (this.#options.isOptional && isUnserved(error)) return this.#unserved();
    const nowMs = this.#clock.nowMs();
    const status = error instanceof ApiError ? { statusCode: error.statusCode } : {};
    const message = error instanceof Error ? error.message : String(error);
    const isNews = this.#state.lastError?.message !== message;
    this.#state.lastError = { message, ...status, atMs: nowMs };
    if (isNews) this.#options.onFailure?.(this.state());
    if (mustList(error)) this.#resourceVersion = undefined;
    return this.#pause(reasonOf(error), nowMs - startedMs);
  }

  /** A list is the cheapest way to hear of a kind, and takes no right but those that it needs. */
  #unserved(): number {
    this.#resourceVersion = undefined;
    this.#guard(() => this.#options.sink.unserved());
    this.#heard();
    this.#state.synced = true;
    this.#synced.resolve();
    return this.#limits.unservedIntervalMs * (1 + this.#random());
  }

  #pause(reason: RestartReason, livedMs: number): number {
    this.#options.onRestart?.(this.#state.kind, reason);
    this.#state.failures = failuresAfter(this.#state.failures, livedMs, this.#limits);
    return watchDelayMs(this.#state.failures, this.#random(), this.#limits);
  }

  #guard<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#options.onSinkError?.(error);
      return undefined;
    }
  }
}

// A connection that fails says nothing of the resource version; these answers do.
function mustList(error: unknown): boolean {
  if (isGone(error) || isNotFound(error) || isResourceVersionTooLarge(error)) return true;
  return error instanceof ApiError && error.statusCode === 400;
}

function reasonOf(error: unknown): RestartReason {
  if (isGone(error) || isResourceVersionTooLarge(error)) return 'expired';
  return error instanceof ApiError ? 'refused' : 'failed';
}
