// An operator that runs within the test's own process, against a control plane: started, watched
// from outside, stopped in good order or stopped dead.
import { pino } from 'pino';
import { DUMBKV, OPTIONAL_KINDS, WATCHED_CHILDREN } from '../../operator/api/resources.ts';
import { MANAGED_BY_LABEL, OPERATOR_NAME } from '../../operator/builders/metadata.ts';
import { type Clock, systemClock } from '../../operator/clock.ts';
import { operatorConfig } from '../../operator/config.ts';
import type { KubeClient, KubeObject } from '../../operator/kube/client.ts';
import { createKubeClient } from '../../operator/kube/create-client.ts';
import { createTransport, type Transport } from '../../operator/kube/transport.ts';
import { errorFields } from '../../operator/log.ts';
import { Metrics, type ReconcileResultName } from '../../operator/metrics.ts';
import { Operator } from '../../operator/operator.ts';
import type { QueueHooks, WorkQueue } from '../../operator/queue/work-queue.ts';
import type { Probe } from '../../operator/reconcile/reachability.ts';
import type { ReadVolumeRoom } from '../../operator/reconcile/volume-usage.ts';
import type { ControlPlane } from './control-plane.ts';
import { type CallHooks, ObservedClient } from './observed-client.ts';
import { until } from './until.ts';

/** The image that an operator of a test gives to instances that name none. */
export const SERVER_IMAGE = 'images.example/dumbkv-server:1';

export interface RunOptions {
  client: KubeClient;
  clock?: Clock;
  random?: () => number;
  probe?: Probe | undefined;
  readVolumeRoom?: ReadVolumeRoom | undefined;
  /** Settings as the process would find them; alone, without leader election, where not given. */
  environment?: Record<string, string>;
  hooks?: CallHooks;
}

/** The connections of an operator to a control plane, as the administrator or with a token. */
export function transportTo(
  controlPlane: ControlPlane,
  token = controlPlane.adminToken,
): Transport {
  return createTransport({
    credentials: {
      serverUrl: controlPlane.serverUrl,
      tls: { ca: controlPlane.caCertificate },
      namespace: undefined,
      headers: async () => ({ authorization: `Bearer ${token}` }),
      invalidate: () => undefined,
    },
  });
}

/** A client of the operator's own kind; `close` the transport after the last use. */
export function operatorClient(
  controlPlane: ControlPlane,
  token?: string,
): { client: KubeClient; close: () => Promise<void> } {
  const transport = transportTo(controlPlane, token);
  return { client: createKubeClient(transport), close: () => transport.close() };
}

class ObservedMetrics extends Metrics {
  queue: (() => WorkQueue) | undefined;
  readonly outcomes: ReconcileResultName[] = [];

  override queueHooks(name: string, queue: () => WorkQueue): QueueHooks {
    this.queue = queue;
    return super.queueHooks(name, queue);
  }

  override reconciled(result: ReconcileResultName, tookSeconds: number): void {
    this.outcomes.push(result);
    super.reconciled(result, tookSeconds);
  }
}

/** One life of an operator. */
export class OperatorRun {
  readonly client: ObservedClient;
  readonly operator: Operator;
  /** What it logged, a line each, at the level `debug`. */
  readonly log: string[] = [];
  readonly #metrics = new ObservedMetrics('dumbkv', { process: false });
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;

  constructor(options: RunOptions) {
    const { client, clock = systemClock, random = Math.random, environment, hooks } = options;
    const { probe, readVolumeRoom } = options;
    this.client = new ObservedClient(client, hooks);
    const settings = { SERVER_IMAGE, LEADER_ELECTION: 'false', ...environment };
    const sink = { write: (line: string) => void this.log.push(line) };
    this.operator = new Operator({
      config: operatorConfig(settings),
      client: this.client,
      clock,
      random,
      log: pino({ level: 'debug', serializers: { err: errorFields } }, sink),
      metrics: this.#metrics,
      probe,
      readVolumeRoom: readVolumeRoom ?? (async () => undefined),
    });
    this.#ended = this.operator.run(this.#stopping.signal);
  }

  /** How each reconcile so far ended. */
  get outcomes(): readonly ReconcileResultName[] {
    return this.#metrics.outcomes;
  }

  /** The value of a metric of this name, whatever its labels; undefined where there is none. */
  async metric(name: string): Promise<number | undefined> {
    const { body } = await this.#metrics.text();
    const found = new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(body)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  /** Every watch has listed. */
  async synced(): Promise<void> {
    await until('every watch has listed', () =>
      this.operator.watchStates().every(({ synced }) => synced),
    );
  }

  /**
   * Whether it has nothing to do about what it has seen: no key, no call, and no failure that waits
   * for its next try.
   */
  isIdle(): boolean {
    const queue = this.#metrics.queue?.();
    const last = this.outcomes.at(-1) ?? 'success';
    return (
      queue !== undefined &&
      queue.length === 0 &&
      queue.inProgressSeconds().length === 0 &&
      (last === 'success' || last === 'requeue_after') &&
      this.client.isIdle()
    );
  }

  /** Whether its watches have shown all these objects, which are those of one namespace. */
  hasSeen(namespace: string, objects: ReadonlyMap<string, readonly KubeObject[]>): boolean {
    return [DUMBKV, ...WATCHED_CHILDREN].every((type) => {
      const all = objects.get(type.kind) ?? [];
      if (OPTIONAL_KINDS.includes(type) && !objects.has(type.kind)) return true;
      const isChild = ({ metadata }: KubeObject) =>
        metadata.labels?.[MANAGED_BY_LABEL] === OPERATOR_NAME;
      return this.client.hasSeen(type, namespace, type === DUMBKV ? all : all.filter(isChild));
    });
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  /** Ends it as a SIGKILL would: what it was about to send is not sent. */
  async kill(): Promise<void> {
    this.client.die();
    await this.stop();
  }
}
