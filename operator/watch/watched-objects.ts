// Everything that the operator watches: a cache for each kind and namespace, and the way from a
// changed object to the key of the DumbKV that it belongs to. Keys go on to queue/work-queue.ts.
import type { DumbKV } from '../../crds/schema.ts';
import { DUMBKV, OPTIONAL_KINDS, WATCHED_CHILDREN } from '../api/resources.ts';
import {
  CHILDREN_SELECTOR,
  INSTANCE_LABEL,
  MANAGED_BY_LABEL,
  OPERATOR_NAME,
} from '../builders/metadata.ts';
import { asksFor } from '../builders/optional-children.ts';
import type { Claimant } from '../checks/host-conflict.ts';
import { type KubeObject, objectKey, type ResourceType } from '../kube/resource.ts';
import type { ReconcileCache } from '../reconcile/reconcile.ts';
import { type CacheChange, ObjectCache } from './cache.ts';
import { HostIndex } from './host-index.ts';
import { isWorthReconciling, keptOf } from './relevance.ts';

/** One kind in one namespace, or in all. */
export interface WatchedScope {
  type: ResourceType;
  namespace: string | undefined;
  labelSelector: string | undefined;
  isOptional: boolean;
  cache: ObjectCache;
}

export interface WatchedObjectsOptions {
  /** The namespaces to look after; none means all. */
  namespaces: readonly string[];
  /** Called with the key of each DumbKV that should be looked at. */
  enqueue: (key: string) => void;
  onListenerError: (error: unknown) => void;
}

/** The caches of all kinds, as reconcile reads them. */
export class WatchedObjects implements ReconcileCache {
  readonly scopes: readonly WatchedScope[];
  readonly #hosts = new HostIndex();

  constructor({ namespaces, enqueue, onListenerError }: WatchedObjectsOptions) {
    const places = namespaces.length > 0 ? namespaces : [undefined];
    this.scopes = [DUMBKV, ...WATCHED_CHILDREN].flatMap((type) =>
      places.map((namespace) => ({
        type,
        namespace,
        labelSelector: type === DUMBKV ? undefined : CHILDREN_SELECTOR,
        isOptional: OPTIONAL_KINDS.includes(type),
        cache: new ObjectCache({
          ...{ type, transform: keptOf, onListenerError },
          isShown: (object) => type === DUMBKV || isSelected(object),
          onServed: () => this.#enqueueAsking(type, namespace, enqueue),
        }),
      })),
    );
    for (const { cache } of this.scopes) {
      cache.subscribe((change) => {
        const key = keyOf(change);
        if (key !== undefined && isWorthReconciling(change)) enqueue(key);
        if (change.type === DUMBKV) for (const other of this.#hosts.take(change)) enqueue(other);
      });
    }
  }

  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined {
    return this.#cache(type, namespace)?.get(namespace, name);
  }

  ofInstance(type: ResourceType, namespace: string, instance: string): KubeObject[] {
    return this.#cache(type, namespace)?.byInstance(namespace, instance) ?? [];
  }

  observeWrite(type: ResourceType, object: KubeObject): void {
    this.#cache(type, object.metadata.namespace)?.observeWrite(object);
  }

  dumbkv(key: string): DumbKV | undefined {
    const [namespace = '', name = ''] = key.split('/');
    return this.get(DUMBKV, namespace, name) as DumbKV | undefined;
  }

  hostHolder(host: string): Claimant | undefined {
    return this.#hosts.holder(host);
  }

  isServed(type: ResourceType, namespace: string): boolean {
    return this.#cache(type, namespace)?.isServed ?? false;
  }

  /** Every DumbKV that is known. */
  dumbkvs(): DumbKV[] {
    const scopes = this.scopes.filter(({ type }) => type === DUMBKV);
    return scopes.flatMap(({ cache }) => cache.list()) as unknown as DumbKV[];
  }

  /** No object tells that a kind has appeared, so those that ask for it are looked at. */
  #enqueueAsking(
    type: ResourceType,
    namespace: string | undefined,
    enqueue: (key: string) => void,
  ): void {
    const asking = this.dumbkvs().filter((dumbkv) => asksFor(type, dumbkv));
    for (const { metadata } of asking) {
      if (namespace === undefined || metadata.namespace === namespace) enqueue(objectKey(metadata));
    }
  }

  #cache(type: ResourceType, namespace: string | undefined): ObjectCache | undefined {
    return this.scopes.find(
      (scope) => scope.type === type && (scope.namespace ?? namespace) === namespace,
    )?.cache;
  }
}

/** Whether CHILDREN_SELECTOR lets an object through. */
const isSelected = ({ metadata }: KubeObject): boolean =>
  metadata.labels?.[MANAGED_BY_LABEL] === OPERATOR_NAME;

/** The key of the DumbKV that an object is, or belongs to. */
function keyOf({ type, object }: CacheChange): string | undefined {
  const { namespace, name, labels } = object.metadata;
  if (type === DUMBKV) return objectKey({ namespace, name });
  const instance = labels?.[INSTANCE_LABEL];
  return instance === undefined ? undefined : objectKey({ namespace, name: instance });
}
