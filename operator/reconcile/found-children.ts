// The children of an instance during one look: as the caches know them, or as a GET by name found
// those that lost the label by which they are watched. observe.ts makes of it what the status says.
import type { ChildCache } from '../apply/apply.ts';
import type { KubeClient } from '../kube/client.ts';
import { type KubeObject, type ResourceType, resourcePath } from '../kube/resource.ts';
import { isOlder } from '../kube/resource-version.ts';

/** What a look needs of the caches. */
export interface InstanceCache {
  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined;
  ofInstance(type: ResourceType, namespace: string, instance: string): KubeObject[];
  observeWrite(type: ResourceType, object: KubeObject): void;
  /** Whether the API server knows a kind, as far as the watch of it in a namespace says. */
  isServed(type: ResourceType, namespace: string): boolean;
}

/** Lives as long as one look, so that all its steps and the status speak of the same objects. */
export class FoundChildren implements ChildCache {
  readonly #cache: InstanceCache;
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #found = new Map<string, KubeObject>();
  /** The uids of what this look has removed, which the caches may still hold. */
  readonly #removed = new Set<string | undefined>();

  constructor(cache: InstanceCache, client: KubeClient, signal: AbortSignal) {
    this.#cache = cache;
    this.#client = client;
    this.#signal = signal;
  }

  /** A child as it is known by now: nobody is asked. */
  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined {
    const cached = this.#cache.get(type, namespace, name);
    const found = this.#found.get(resourcePath(type, namespace, name));
    const isNewer = !cached || isOlder(cached.metadata.resourceVersion, version(found));
    const known = isNewer ? (found ?? cached) : cached;
    return this.#removed.has(known?.metadata.uid) ? undefined : known;
  }

  /** A child that should be there: if it is not known, the API server is asked. */
  async find(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined> {
    const known = this.get(type, namespace, name);
    if (known !== undefined) return known;
    const live = await this.#client.get(type, namespace, name, this.#signal);
    return live && this.#keep(type, live);
  }

  /** The watched objects that carry an instance's label. */
  ofInstance(type: ResourceType, namespace: string, instance: string): KubeObject[] {
    return this.#cache.ofInstance(type, namespace, instance);
  }

  isServed(type: ResourceType, namespace: string): boolean {
    return this.#cache.isServed(type, namespace);
  }

  observeWrite(type: ResourceType, object: KubeObject): void {
    this.#cache.observeWrite(type, object);
    this.#keep(type, object);
  }

  observeRemoval({ metadata }: KubeObject): void {
    this.#removed.add(metadata.uid);
  }

  #keep(type: ResourceType, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    const kept = { ...object, kind: type.kind };
    this.#found.set(resourcePath(type, namespace, name), kept);
    return kept;
  }
}

const version = (object: KubeObject | undefined): string | undefined =>
  object?.metadata.resourceVersion;
