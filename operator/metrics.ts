// Everything that the operator counts: a registry, its text for health.ts to serve, and one small
// function for each thing that happens, so that no other part knows prom-client
// (metric-families.ts has the names).
import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  type InstanceCount,
  operatorMetrics,
  queueMetrics,
  reconcileMetrics,
} from './metric-families.ts';
import type { QueueHooks, WorkQueue } from './queue/work-queue.ts';
import type { RestartReason, WatchState } from './watch/watch-state.ts';

export type { InstanceCount } from './metric-families.ts';

/** How a reconcile ended; the results that controller-runtime knows. */
export type ReconcileResultName = (typeof RESULTS)[number];

const RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const;

/** The operator's metrics in a registry of their own; one object for the whole process. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #reconcile: ReturnType<typeof reconcileMetrics>;
  readonly #queue: ReturnType<typeof queueMetrics>;
  readonly #operator: ReturnType<typeof operatorMetrics>;
  readonly #controller: string;

  /**
   * `controller` is the value of the label of that name; `process` metrics can be left out of
   * tests.
   */
  constructor(controller: string, options: { process?: boolean } = {}) {
    this.#controller = controller;
    this.#reconcile = reconcileMetrics(this.#registry);
    this.#queue = queueMetrics(this.#registry);
    this.#operator = operatorMetrics(this.#registry);
    const labels = { controller };
    this.#reconcile.errors.inc(labels, 0);
    this.#reconcile.terminalErrors.inc(labels, 0);
    this.#reconcile.panics.inc(labels, 0);
    this.#reconcile.active.set(labels, 0);
    for (const result of RESULTS) this.#reconcile.total.inc({ ...labels, result }, 0);
    if (options.process !== false) collectDefaultMetrics({ register: this.#registry });
  }

  /** The exposition text, and its media type. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** One reconcile has ended. */
  reconciled(result: ReconcileResultName, tookSeconds: number): void {
    const labels = { controller: this.#controller };
    this.#reconcile.total.inc({ ...labels, result });
    if (result === 'error') this.#reconcile.errors.inc(labels);
    this.#reconcile.time.observe(labels, tookSeconds);
  }

  /** A reconcile ended with an error that no repetition mends. */
  terminalError(): void {
    this.#reconcile.terminalErrors.inc({ controller: this.#controller });
  }

  /** A reconcile failed by a mistake of the program: a TypeError and its like. */
  panicked(): void {
    this.#reconcile.panics.inc({ controller: this.#controller });
  }

  /** How many reconciles may run at once. */
  maxConcurrent(workers: number): void {
    this.#reconcile.maxConcurrent.set({ controller: this.#controller }, workers);
  }

  /** A worker began (1) or ended (-1) a reconcile. */
  active(change: 1 | -1): void {
    this.#reconcile.active.inc({ controller: this.#controller }, change);
  }

  /** What a work queue calls; `queue` is asked at each scrape, so it may be made later. */
  queueHooks(name: string, queue: () => WorkQueue): QueueHooks {
    const labels = { name, controller: name };
    this.#queue.sources.set(name, () => queue().inProgressSeconds());
    this.#queue.retries.inc(labels, 0);
    return {
      depth: (keys) => this.#queue.depth.set(labels, keys),
      added: () => this.#queue.adds.inc(labels),
      queued: (seconds) => this.#queue.waited.observe(labels, seconds),
      worked: (seconds) => this.#queue.worked.observe(labels, seconds),
      retried: () => this.#queue.retries.inc(labels),
    };
  }

  /** Whether this process holds the Lease of this name. */
  leader(name: string, isLeader: boolean): void {
    this.#operator.leader.set({ name }, isLeader ? 1 : 0);
  }

  /** A request to the API server; `code` is the status or `<error>`. */
  request(code: string, method: string, host: string): void {
    this.#operator.requests.inc({ code, method, host });
  }

  /** An object was written: `verb` is create, apply, patch or delete. */
  wrote(kind: string, verb: string): void {
    this.#operator.writes.inc({ kind, verb });
  }

  /** A child does not stay as it is asked. */
  troubled(kind: string, reason: string): void {
    this.#operator.troubles.inc({ kind, reason });
  }

  /** The watch of a kind was begun again. */
  watchRestarted(kind: string, reason: RestartReason): void {
    this.#operator.watchRestarts.inc({ kind, reason });
  }

  /** Asks these watches for their state at each scrape. */
  watches(states: () => readonly WatchState[], nowMs: () => number): void {
    this.#operator.sources.watches = () =>
      states().map(({ kind, namespace = '', lastContactTimeMs }) => ({
        kind,
        namespace,
        ageSeconds: (nowMs() - lastContactTimeMs) / 1000,
      }));
  }

  /** Asks for the number of instances at each scrape. */
  instances(count: () => readonly InstanceCount[]): void {
    this.#operator.sources.instances = count;
  }
}
