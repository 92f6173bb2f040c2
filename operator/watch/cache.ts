// The objects of one kind as last seen: read-only, found by name or by instance. The reflector
// feeds it, our own writes run ahead of it (observeWrite), and listeners hear of every change.
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { objectKey } from '../kube/resource.ts';
import { isOlder } from '../kube/resource-version.ts';
import { deepFrozen, withoutManagedFields } from './frozen.ts';
import { LabelIndex } from './label-index.ts';
import type { WatchSink } from './reflector.ts';

/** The label that says to which DumbKV a child belongs. */
export const INSTANCE_LABEL = 'dumbkv.dev/instance';

/** One change of the cache; of a removed object `object` is the last one known. */
export interface CacheChange {
  type: ResourceType;
  kind: 'added' | 'changed' | 'removed';
  object: KubeObject;
  previous?: KubeObject;
}

/** How a cache keeps its objects and whom it tells. */
export interface CacheOptions {
  type: ResourceType;
  /** Returns what is worth keeping of an object; metadata must stay. */
  transform?: (object: KubeObject) => KubeObject;
  /** Whether the watch would show an object; an admission may change the labels that we wrote. */
  isShown?: (object: KubeObject) => boolean;
  /** Told when the API server comes to know the kind, or knows it no more. */
  onServed?: () => void;
  /** A listener threw: it is reported here and the others go on. */
  onListenerError?: (error: unknown) => void;
}

/** A cache of one kind. Objects are frozen; a change replaces them. */
export class ObjectCache implements WatchSink {
  readonly type: ResourceType;
  readonly #options: CacheOptions;
  readonly #objects = new Map<string, KubeObject>();
  readonly #byInstance = new LabelIndex(INSTANCE_LABEL);
  readonly #listeners = new Set<(change: CacheChange) => void>();
  /** Our own writes that the watch has not shown yet, by key, with their resource version. */
  readonly #ahead = new Map<string, string>();
  #seen: string | undefined;
  #isServed = false;

  constructor(options: CacheOptions) {
    this.type = options.type;
    this.#options = options;
  }

  /** Whether the API server knows the kind, as the last list said. */
  get isServed(): boolean {
    return this.#isServed;
  }

  /** How many objects are held. */
  get size(): number {
    return this.#objects.size;
  }

  /** One object, or undefined. */
  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(objectKey({ namespace, name }));
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): KubeObject[] {
    const all = [...this.#objects.values()];
    return namespace === undefined
      ? all
      : all.filter((object) => object.metadata.namespace === namespace);
  }

  /** The objects that carry the instance label with this name in this namespace. */
  byInstance(namespace: string, instance: string): KubeObject[] {
    return this.#byInstance.list(namespace, instance);
  }

  /** Calls the listener at each change until the returned function is called. */
  subscribe(listener: (change: CacheChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes in what the API server answered to our own write, unless something newer was seen. The
   * object is frozen. One that the watch would not show is passed over: nothing would ever update
   * or remove it here; what is held of it goes when the watch says so.
   */
  observeWrite(object: KubeObject): void {
    if (this.#options.isShown?.(object) === false) return;
    const version = object.metadata.resourceVersion;
    const key = objectKey(object.metadata);
    // A delete that the watch has shown already must not be undone by the answer to an earlier
    // write.
    if (!isOlder(this.#seen, version)) return;
    const cached = this.#objects.get(key);
    if (cached && !isOlder(cached.metadata.resourceVersion, version)) return;
    this.#put(key, this.project(object));
    this.#ahead.set(key, version ?? '');
  }

  /** Frozen, without managedFields, and as the transform leaves it. */
  project(object: KubeObject): KubeObject {
    const stripped = withoutManagedFields(object);
    return deepFrozen(this.#options.transform?.(stripped) ?? stripped);
  }

  /** The watch has come as far as this resource version. */
  progress(resourceVersion: string): void {
    this.#seen = resourceVersion;
    for (const [key, version] of this.#ahead) {
      if (!isOlder(resourceVersion, version)) this.#ahead.delete(key);
    }
  }

  /** Takes in a whole list: what it does not hold is removed. */
  replace(objects: readonly KubeObject[], resourceVersion: string): void {
    // A list older than what was seen means that the server's history was put back: it alone
    // counts.
    if (isOlder(resourceVersion, this.#seen)) this.#ahead.clear();
    this.progress(resourceVersion);
    const listed = new Map(objects.map((object) => [objectKey(object.metadata), object]));
    for (const [key, object] of this.#objects) {
      if (!listed.has(key) && !this.#ahead.has(key)) this.#remove(key, object);
    }
    for (const [key, object] of listed) {
      if (!this.#ahead.has(key)) this.#put(key, object);
    }
    this.#serve(true);
  }

  /** The API server does not know the kind: whatever there was of it is gone. */
  unserved(): void {
    this.#ahead.clear();
    for (const [key, object] of this.#objects) this.#remove(key, object);
    this.#serve(false);
  }

  /** Takes in one event of the watch. */
  change(event: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    const key = objectKey(object.metadata);
    const cached = this.#objects.get(key);
    const isOldNews = isOlder(object.metadata.resourceVersion, cached?.metadata.resourceVersion);
    if (!isOldNews && event === 'DELETED') this.#remove(key, object);
    if (!isOldNews && event !== 'DELETED') this.#put(key, object);
    if (object.metadata.resourceVersion) this.progress(object.metadata.resourceVersion);
  }

  #serve(isServed: boolean): void {
    if (this.#isServed === isServed) return;
    this.#isServed = isServed;
    this.#options.onServed?.();
  }

  #put(key: string, object: KubeObject): void {
    const previous = this.#objects.get(key);
    if (previous && isSame(previous, object)) return;
    if (previous && previous.metadata.uid !== object.metadata.uid) this.#remove(key, previous);
    const replaced = this.#objects.get(key);
    this.#objects.set(key, object);
    this.#byInstance.set(key, object);
    if (replaced) this.#notify({ type: this.type, kind: 'changed', object, previous: replaced });
    else this.#notify({ type: this.type, kind: 'added', object });
  }

  #remove(key: string, object: KubeObject): void {
    const previous = this.#objects.get(key);
    if (previous === undefined) return;
    this.#objects.delete(key);
    this.#byInstance.delete(key);
    this.#ahead.delete(key);
    this.#notify({ type: this.type, kind: 'removed', object, previous });
  }

  #notify(change: CacheChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#options.onListenerError?.(error);
      }
    }
  }
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  const { uid, resourceVersion } = a.metadata;
  if (resourceVersion === undefined) return false;
  return uid === b.metadata.uid && resourceVersion === b.metadata.resourceVersion;
}
