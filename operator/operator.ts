// The operator as a whole, apart from the process around it: reflectors fill caches, changes become
// keys, and while this process leads, workers reconcile them. main.ts starts it; tests start it
// too.
import { isStalledReason } from './api/conditions.ts';
import { Contention } from './apply/contention.ts';
import { type Clock, sleep } from './clock.ts';
import type { OperatorConfig } from './config.ts';
import type { KubeClient } from './kube/client.ts';
import { fencedClient, NotLeaderError } from './kube/fenced-client.ts';
import { LeaderElection, leaderIdentity } from './kube/lease.ts';
import { reconcileLimits } from './limits.ts';
import { errorFields, type Logger } from './log.ts';
import type { InstanceCount, Metrics } from './metrics.ts';
import { WorkQueue } from './queue/work-queue.ts';
import { type Probe, Reachability } from './reconcile/reachability.ts';
import { type ReconcileContext, reconcile } from './reconcile/reconcile.ts';
import { type ReadVolumeRoom, VolumeUsage } from './reconcile/volume-usage.ts';
import { type ReconcileOutcome, work } from './reconcile/worker.ts';
import { eventRecorder } from './status/events.ts';
import type { WatchState } from './watch/watch-state.ts';
import type { WatchedObjects } from './watch/watched-objects.ts';
import { Watches } from './watch/watches.ts';

/** The name of the Lease, and of the controller in metrics. */
const LEASE_NAME = 'dumbkv-operator';
const CONTROLLER_NAME = 'dumbkv';

export interface OperatorOptions {
  config: OperatorConfig;
  client: KubeClient;
  clock: Clock;
  random: () => number;
  log: Logger;
  metrics: Metrics;
  /** How to ask an instance through its Service; undefined outside the cluster. */
  probe: Probe | undefined;
  /** How to ask an instance about its volume. */
  readVolumeRoom: ReadVolumeRoom;
}

/** What a leadership begins anew. */
type PerLeadership = 'reachability' | 'volumeUsage' | 'contention';

/** One operator process. */
export class Operator {
  readonly #options: OperatorOptions;
  readonly #watches: Watches;
  readonly #election: LeaderElection;
  readonly #context: Omit<ReconcileContext, PerLeadership>;
  /**
   * The queue of the present leadership; keys that change while another leads are found again
   * later.
   */
  #queue: WorkQueue | undefined;

  constructor(options: OperatorOptions) {
    this.#options = options;
    this.#watches = this.#createWatches();
    this.#election = this.#createElection();
    this.#context = this.#reconcileContext();
    options.metrics.instances(() => instanceCounts(this.#watches.objects));
    options.metrics.watches(() => this.watchStates(), options.clock.nowMs);
    options.metrics.maxConcurrent(reconcileLimits.workers);
  }

  /** What is known of every watch: readiness judges by it. */
  watchStates(): WatchState[] {
    return this.#watches.states();
  }

  /**
   * Watches and works until the signal is aborted; what has been begun is finished, within a limit.
   */
  async run(signal: AbortSignal): Promise<void> {
    // the watches end last, so that work that is being finished still sees its own writes
    const watching = new AbortController();
    const watches = this.#watches.run(watching.signal);
    try {
      // who sees nothing must not keep the Lease from another
      await Promise.race([this.#watches.whenFirstComplete(), whenAborted(signal)]);
      await this.#leadWhenElected(signal);
    } finally {
      watching.abort();
      await watches;
    }
  }

  async #leadWhenElected(signal: AbortSignal): Promise<void> {
    if (!this.#options.config.LEADER_ELECTION) return this.#lead(signal);
    return this.#election.run(signal, (leading) => this.#lead(leading));
  }

  async #lead(leading: AbortSignal): Promise<void> {
    if (leading.aborted) return;
    const { clock, log } = this.#options;
    const { workers, drainTimeoutMs, abortTimeoutMs } = reconcileLimits;
    const queue = this.#startQueue();
    const [aborting, ended] = [new AbortController(), new AbortController()];
    const context = this.#workerContext(queue, leading);
    const working = Array.from({ length: workers }, () => work(context, aborting.signal));
    void Promise.allSettled(working).then(() => ended.abort());
    try {
      await Promise.race([whenAborted(leading), Promise.all(working)]);
    } finally {
      queue.shutDown();
      // a lost Lease stops the work at once; a shutdown lets it finish
      if (this.#mayWrite()) await sleep(clock, drainTimeoutMs, ended.signal);
      aborting.abort();
      // whatever does not end then must not keep the Lease; it cannot write without it
      await sleep(clock, abortTimeoutMs, ended.signal);
      if (!ended.signal.aborted) log.warn('work that was broken off does not end');
    }
  }

  #startQueue(): WorkQueue {
    const { clock, random, metrics } = this.#options;
    const queue: WorkQueue = new WorkQueue({
      ...{ clock, random, hooks: metrics.queueHooks(CONTROLLER_NAME, () => queue) },
    });
    this.#queue = queue;
    for (const key of this.#watches.keys()) queue.add(key);
    return queue;
  }

  #workerContext(queue: WorkQueue, leading: AbortSignal): Parameters<typeof work>[0] {
    const { clock, random, metrics, probe, readVolumeRoom: read } = this.#options;
    const onNews = (key: string) => queue.add(key);
    const reachability = new Reachability({ probe, clock, signal: leading, onNews });
    const volumeUsage = new VolumeUsage({ read, clock, signal: leading, onNews });
    const contention = new Contention(() => clock.nowMs());
    const context = { ...this.#context, reachability, volumeUsage, contention };
    return {
      queue,
      clock,
      random,
      reconcile: async (key, signal) => {
        const result = await reconcile(key, context, signal);
        // somebody must act: no repetition mends it
        if (result.recheck && isStalledReason(result.recheck.reason)) metrics.terminalError();
        return result;
      },
      exists: (key) => this.#watches.objects.dumbkv(key) !== undefined,
      onActive: (change) => metrics.active(change),
      onOutcome: (...outcome) => this.#report(...outcome),
    };
  }

  #report(key: string, outcome: ReconcileOutcome, tookSeconds: number, error?: unknown): void {
    const { log, metrics } = this.#options;
    metrics.reconciled(outcome, tookSeconds);
    if (error === undefined) {
      log.debug({ key, outcome, tookSeconds }, 'reconciled');
      return;
    }
    if (error instanceof NotLeaderError) return;
    if (error instanceof TypeError || error instanceof RangeError) metrics.panicked();
    log.error({ key, err: error }, 'reconcile failed; it is tried again with backoff');
  }

  #mayWrite(): boolean {
    return !this.#options.config.LEADER_ELECTION || this.#election.isHeld();
  }

  #createWatches(): Watches {
    const { client, clock, random, config, log, metrics } = this.#options;
    return new Watches({
      ...{ client, clock, random, namespaces: config.WATCH_NAMESPACES },
      enqueue: (key) => this.#queue?.add(key),
      onComplete: (namespace = 'all') => log.info({ namespace }, 'listed: looking after it'),
      onFailure: ({ kind, namespace, lastError }) =>
        log.warn({ kind, namespace, err: lastError }, 'a watch failed; it is begun again'),
      onRestart: metrics.watchRestarted.bind(metrics),
      onListenerError: (error) => log.error({ err: error }, 'a cache failed'),
    });
  }

  #createElection(): LeaderElection {
    const { config, client, clock, random, log, metrics } = this.#options;
    if (config.LEADER_ELECTION) metrics.leader(LEASE_NAME, false);
    return new LeaderElection({
      client,
      namespace: config.POD_NAMESPACE,
      name: LEASE_NAME,
      identity: leaderIdentity(config.POD_NAME),
      clock,
      random,
      onLeader: (isLeader) => {
        metrics.leader(LEASE_NAME, isLeader);
        log.info({ isLeader }, isLeader ? 'leads: working' : 'does not lead: waiting');
      },
      onError: (error) => log.warn({ err: error }, 'leader election'),
    });
  }

  #reconcileContext(): Omit<ReconcileContext, PerLeadership> {
    const { config, client, clock, log, metrics } = this.#options;
    const fenced = fencedClient(client, {
      mayWrite: () => this.#mayWrite(),
      onWrite: (kind, verb) => metrics.wrote(kind, verb),
    });
    return {
      client: fenced,
      cache: this.#watches.objects,
      clock,
      onTrouble: (key, { kind, reason, message }) => {
        metrics.troubled(kind, reason);
        log.warn({ key, kind, reason }, message);
      },
      recordEvent: eventRecorder({
        client: fenced,
        clock,
        identity: config.POD_NAME,
        onFailure: (error) => log.warn(errorFields(error), 'an event could not be written'),
      }),
      serverImage: config.SERVER_IMAGE,
      postgresImage: config.POSTGRES_IMAGE,
      namespaces: {
        operator: config.POD_NAMESPACE,
        monitoring: config.MONITORING_NAMESPACES,
        ingress: config.INGRESS_NAMESPACES,
      },
      imagePrefixes: config.imagePrefixes,
    };
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

function instanceCounts(objects: WatchedObjects): InstanceCount[] {
  const counts = new Map<string, InstanceCount>();
  for (const { spec, status } of objects.dumbkvs()) {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
    const key = `${spec.engine}/${ready}`;
    const before = counts.get(key)?.count ?? 0;
    counts.set(key, { engine: spec.engine, ready, count: before + 1 });
  }
  return [...counts.values()];
}
