// What a watcher of the API sees of instances, and when: made, given their Deployment, led to by
// their Service, Ready. All times are of one clock, that of this process.
// Next: `scale.ts` and `kind.ts` make of them what is told.
import { performance } from 'node:perf_hooks';
import { DEPLOYMENT, DUMBKV, ENDPOINT_SLICE } from '../../../operator/api/resources.ts';
import type { KubeClient, KubeObject, ResourceType } from '../../../operator/kube/client.ts';

/** Longer than any run: nobody begins a watch anew. */
const WATCH_SECONDS = 7_200;

/** When what was seen first of one instance; milliseconds of `performance.now()`. */
export interface Sighting {
  madeMs?: number;
  deploymentMs?: number;
  /** The Deployment says that it is Available. */
  availableMs?: number;
  endpointMs?: number;
  readyMs?: number;
  /** The generation of the Deployment that was seen last, and since when. */
  deploymentGeneration?: number;
  deploymentChangedMs?: number;
  /** The generation of the DumbKV that was seen Ready last. */
  readyGeneration?: number;
}

/** Whether a condition is true, for the generation that the object has now where it says one. */
export function isTrue({ metadata, status }: KubeObject, type: string): boolean {
  const { conditions = [] } = (status ?? {}) as {
    conditions?: { type: string; status: string; observedGeneration?: number }[];
  };
  const found = conditions.find((one) => one.type === type);
  const { generation } = metadata;
  return found?.status === 'True' && (found.observedGeneration ?? generation) === generation;
}

/** What all events together say of instances by their names. */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();

  /** What was seen of an instance. */
  of(name: string): Sighting {
    const known = this.#seen.get(name) ?? {};
    this.#seen.set(name, known);
    return known;
  }

  /** Takes an object as an event shows it at this time. */
  note(type: ResourceType, object: KubeObject, nowMs: number): void {
    if (type === DUMBKV) this.#noteInstance(object, nowMs);
    else if (type === DEPLOYMENT) this.#noteDeployment(object, nowMs);
    else if (type === ENDPOINT_SLICE) this.#noteEndpoints(object, nowMs);
  }

  #noteInstance(object: KubeObject, nowMs: number): void {
    const seen = this.of(object.metadata.name);
    seen.madeMs ??= nowMs;
    if (!isTrue(object, 'Ready')) return;
    seen.readyMs ??= nowMs;
    seen.readyGeneration = object.metadata.generation ?? 0;
  }

  #noteDeployment(object: KubeObject, nowMs: number): void {
    const seen = this.of(object.metadata.name);
    const { generation = 0 } = object.metadata;
    seen.deploymentMs ??= nowMs;
    if (seen.deploymentGeneration !== generation) seen.deploymentChangedMs = nowMs;
    seen.deploymentGeneration = generation;
    if (isTrue(object, 'Available')) seen.availableMs ??= nowMs;
  }

  #noteEndpoints({ metadata, endpoints }: KubeObject, nowMs: number): void {
    const service = metadata.labels?.['kubernetes.io/service-name'];
    const all = (endpoints ?? []) as { conditions?: { ready?: boolean } }[];
    if (service === undefined || !all.some(({ conditions }) => conditions?.ready)) return;
    this.of(service).endpointMs ??= nowMs;
  }
}

/** Hands on each object of a kind in a namespace, now and whenever it changes. */
export async function follow(
  client: Pick<KubeClient, 'list' | 'watch'>,
  { type, namespace }: { type: ResourceType; namespace: string },
  onObject: (object: KubeObject, nowMs: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { items, resourceVersion } = await client.list(type, { namespace, limit: 500 }, signal);
  for (const item of items) onObject(item, performance.now());
  const options = { namespace, resourceVersion, timeoutSeconds: WATCH_SECONDS };
  const events = await client.watch(type, options, signal);
  void handOn(events, type, onObject, signal);
}

async function handOn(
  events: AsyncIterable<{ type: string; object: KubeObject }>,
  type: ResourceType,
  onObject: (object: KubeObject, nowMs: number) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const event of events) {
      if (event.type === 'ERROR') throw new Error(JSON.stringify(event.object));
      const isNews = event.type === 'ADDED' || event.type === 'MODIFIED';
      if (isNews) onObject(event.object, performance.now());
    }
    throw new Error('the API server ended it');
  } catch (cause) {
    if (signal.aborted) return;
    // what comes after it would be missing from the figures
    throw new Error(`the watch of ${type.plural} broke: the run is worth nothing`, { cause });
  }
}

/** Follows all that `Sightings` makes something of. */
export async function watchInstances(
  client: Pick<KubeClient, 'list' | 'watch'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Sightings> {
  const sightings = new Sightings();
  for (const type of [DUMBKV, DEPLOYMENT, ENDPOINT_SLICE]) {
    const note = (object: KubeObject, nowMs: number) => sightings.note(type, object, nowMs);
    await follow(client, { type, namespace }, note, signal);
  }
  return sightings;
}
