// A small world for the tests of reconcile: one DumbKV in an API server in memory, caches that are
// always up to date, and a cluster that does its part when it is told to.
import type { DumbKV } from '../../../../crds/schema.ts';
import {
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  DUMBKV,
  ENDPOINT_SLICE,
  EVENT,
  INGRESS,
  POD,
  POSTGRES_CLUSTER,
  STATEFUL_SET,
  WATCHED_CHILDREN,
} from '../../../../operator/api/resources.ts';
import { Contention } from '../../../../operator/apply/contention.ts';
import type { Trouble } from '../../../../operator/apply/trouble.ts';
import { CHILDREN_SELECTOR, INSTANCE_LABEL } from '../../../../operator/builders/metadata.ts';
import type { KubeClient } from '../../../../operator/kube/client.ts';
import type { KubeObject, ResourceType } from '../../../../operator/kube/resource.ts';
import { FoundChildren } from '../../../../operator/reconcile/found-children.ts';
import { type Probe, Reachability } from '../../../../operator/reconcile/reachability.ts';
import { type ReconcileCache, reconcile } from '../../../../operator/reconcile/reconcile.ts';
import { type ReadVolumeRoom, VolumeUsage } from '../../../../operator/reconcile/volume-usage.ts';
import { eventRecorder } from '../../../../operator/status/events.ts';
import { HostIndex } from '../../../../operator/watch/host-index.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { dumbkv, endpointSlice, readyPod, SERVER_IMAGE } from '../../../support/objects.ts';
import { clusterStatus } from '../../../support/postgres-cluster.ts';
import { RecordingClient } from '../../../support/recording-client.ts';

export const KEY = 'shop/orders';
const [MANAGED_BY = '', OPERATOR] = CHILDREN_SELECTOR.split('=');

export interface Event {
  type: string;
  reason: string;
  note: string;
}

/** The world of one instance. */
export class World {
  readonly client = new RecordingClient();
  readonly clock = new FakeClock();
  readonly failures: unknown[] = [];
  /** How the instance answers; asked through its Service. */
  probe: Probe = async () => ({ outcome: 'healthy', detail: '200' });
  #hasNews = false;
  readonly reachability = new Reachability({
    probe: (...call) => this.probe(...call),
    clock: this.clock,
    signal: new AbortController().signal,
    onNews: () => {
      this.#hasNews = true;
    },
  });
  /** What the server says of its volume, if it does. */
  readVolumeRoom: ReadVolumeRoom = async () => undefined;
  readonly volumeUsage = new VolumeUsage({
    read: (...call) => this.readVolumeRoom(...call),
    clock: this.clock,
    signal: new AbortController().signal,
    onNews: () => {
      this.#hasNews = true;
    },
  });
  /** The kinds that the API server does not know. */
  readonly unserved: ResourceType[] = [];
  readonly contention = new Contention(() => this.clock.nowMs());
  readonly troubles: Trouble[] = [];
  /** What the operator's release gives to instances that name no image. */
  serverImage = SERVER_IMAGE;
  postgresImage = 'registry.example.com/postgres:17';

  constructor(object: DumbKV = dumbkv()) {
    this.client.put(DUMBKV, object as unknown as KubeObject);
  }

  /**
   * Reconciles, and again for each answer of the instance; by default with the client that records.
   */
  async run(client: KubeClient = this.client) {
    let result = await this.#reconcile(client);
    for (await settle(); this.#hasNews; await settle()) {
      this.#hasNews = false;
      result = await this.#reconcile(client);
    }
    return result;
  }

  #reconcile(client: KubeClient) {
    const { clock, reachability, volumeUsage, contention } = this;
    const onFailure = (error: unknown) => this.failures.push(error);
    const recordEvent = eventRecorder({ client, clock, identity: 'operator-1', onFailure });
    const imagePrefixes = ['registry.example.com/dumbkv/server'];
    const context = {
      ...{ client, clock, reachability, volumeUsage, contention, recordEvent, imagePrefixes },
      onTrouble: (_key: string, trouble: Trouble) => void this.troubles.push(trouble),
      cache: cacheOf(this.client, this.unserved),
      serverImage: this.serverImage,
      postgresImage: this.postgresImage,
      namespaces: { operator: 'dumbkv-system', monitoring: ['monitoring'], ingress: [] },
    };
    return reconcile(KEY, context, new AbortController().signal);
  }

  /**
   * The cluster does its part: volume, pod, endpoints and address come, as far as they are asked
   * for.
   */
  becomeReady(): void {
    const { client } = this;
    const deployment = client.peek(DEPLOYMENT, 'shop', 'orders');
    const { replicas } = (deployment?.spec ?? { replicas: 0 }) as { replicas: number };
    if (client.peek(CLAIM, 'shop', 'orders-data') !== undefined) {
      client.amend(CLAIM, 'shop', 'orders-data', {
        spec: { volumeName: 'pv-1' },
        status: { phase: 'Bound', capacity: { storage: '1Gi' } },
      });
    }
    this.#startPostgres(Math.min(1, replicas));
    client.amend(DEPLOYMENT, 'shop', 'orders', {
      status: {
        observedGeneration: deployment?.metadata.generation,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: replicas,
      },
    });
    const spec = deployment?.spec as { template?: { metadata?: object } } | undefined;
    const { labels } = { labels: {}, ...spec?.template?.metadata };
    for (const [type, object] of [
      [POD, readyPod({ metadata: { labels } })],
      [ENDPOINT_SLICE, endpointSlice()],
    ] as const) {
      if (replicas > 0) client.put(type, object);
      else client.drop(type, 'shop', object.metadata.name);
    }
    if (client.peek(INGRESS, 'shop', 'orders') === undefined) return;
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.10' }] } };
    client.amend(INGRESS, 'shop', 'orders', { status });
  }

  /** CloudNativePG does its part, if there is one for it. */
  startCluster(): boolean {
    const live = this.client.peek(POSTGRES_CLUSTER, 'shop', 'orders-postgres');
    if (live === undefined) return false;
    const isAtRest = live.metadata.annotations?.['cnpg.io/hibernation'] === 'on';
    const status = clusterStatus(isAtRest ? 0 : 3);
    this.client.amend(POSTGRES_CLUSTER, 'shop', 'orders-postgres', { status });
    return true;
  }

  #startPostgres(readyReplicas: number): void {
    const live = this.client.peek(STATEFUL_SET, 'shop', 'orders-postgres');
    if (live === undefined) return;
    const observedGeneration = live.metadata.generation;
    const status = { observedGeneration, readyReplicas, updatedReplicas: readyReplicas };
    this.client.amend(STATEFUL_SET, 'shop', 'orders-postgres', { status });
  }

  /**
   * Makes everything, lets the cluster do its part, and reports: from nothing to a settled
   * instance.
   */
  async settle(): Promise<this> {
    await this.run();
    if (this.startCluster()) await this.run();
    this.becomeReady();
    await this.run();
    this.client.actions.length = 0;
    return this;
  }

  /** The DumbKV as it is now. */
  get dumbkv(): DumbKV {
    return this.client.peek(DUMBKV, 'shop', 'orders') as unknown as DumbKV;
  }

  /** Somebody changes the DumbKV; a changed spec is a new generation. */
  change(alteration: { spec?: object; metadata?: object }): void {
    const generation = this.dumbkv.metadata.generation + (alteration.spec ? 1 : 0);
    const metadata = { ...alteration.metadata, generation };
    this.client.amend(DUMBKV, 'shop', 'orders', { ...alteration, metadata });
  }

  /** A condition of the status, in short: `False Deploying`, or undefined. */
  condition(type: string): string | undefined {
    const found = this.dumbkv.status?.conditions?.find((condition) => condition.type === type);
    return found && `${found.status} ${found.reason}`;
  }

  get events(): Event[] {
    return this.client.peekAll(EVENT) as unknown as Event[];
  }

  /**
   * Everything that anybody may read: all objects but the Secrets, and what was thrown or reported.
   */
  get publicText(): string {
    const kinds = [DUMBKV, EVENT, ...WATCHED_CHILDREN];
    const objects = kinds.flatMap((type) => this.client.peekAll(type));
    return JSON.stringify([objects, this.failures.map(String)]);
  }
}

/** The children as a look with these caches would find them. */
export const foundIn = (client: RecordingClient): FoundChildren =>
  new FoundChildren(cacheOf(client), client, new AbortController().signal);

/** Caches that see what the selectors of the real ones let through, at once. */
export function cacheOf(
  client: RecordingClient,
  unserved: readonly ResourceType[] = [],
): ReconcileCache {
  const isSeen = ({ metadata, kind }: KubeObject) =>
    kind === DUMBKV.kind || metadata.labels?.[MANAGED_BY] === OPERATOR;
  const get = (type: ResourceType, namespace: string, name: string) => {
    if (type !== DUMBKV && !WATCHED_CHILDREN.includes(type)) {
      if (type === CONFIG_MAP) return undefined;
      throw new Error(`no ${type.kind} here`);
    }
    const object = unserved.includes(type) ? undefined : client.peek(type, namespace, name);
    return object && isSeen(object) ? object : undefined;
  };
  return {
    get,
    observeWrite: () => {},
    hostHolder: (host) => {
      const index = new HostIndex();
      for (const object of client.peekAll(DUMBKV)) {
        index.take({ type: DUMBKV, kind: 'added', object });
      }
      return index.holder(host);
    },
    isServed: (type) => !unserved.includes(type),
    ofInstance: (type, namespace, instance) =>
      client
        .peekAll(type)
        .filter(isSeen)
        .filter(({ metadata }) => metadata.namespace === namespace)
        .filter(({ metadata }) => metadata.labels?.[INSTANCE_LABEL] === instance),
    dumbkv: (key) => {
      const [namespace = '', name = ''] = key.split('/');
      return get(DUMBKV, namespace, name) as unknown as DumbKV | undefined;
    },
  };
}
