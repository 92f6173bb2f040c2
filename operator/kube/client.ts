// The operator's view of the Kubernetes API: one function per kind of call, raw JSON in and out.
// Calls go on to the transport (transport.ts), which holds the connections, credentials and time
// limits.
import type { KubeObject, ResourceType } from './resource.ts';

export type { KubeObject, ObjectMeta, OwnerReference, ResourceType } from './resource.ts';

/** What a LIST asks for; `limit` is the number of objects of one page. */
export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  limit: number;
  continueToken?: string | undefined;
  resourceVersion?: string | undefined;
}

/** One page of a LIST; `continueToken` is there while more pages follow. */
export interface ListPage {
  items: KubeObject[];
  resourceVersion: string;
  continueToken?: string;
}

/** What a WATCH asks for; the server ends it after `timeoutSeconds`. */
export interface WatchOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  resourceVersion: string;
  timeoutSeconds: number;
}

/** One line of a watch. The object of an `ERROR` is a Status. */
export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeObject;
}

/**
 * How an apply is sent: to which subresource, whether the server only tries it, and whether it
 * overrules other managers, which it does unless told otherwise.
 */
export interface ApplyOptions {
  subresource?: string | undefined;
  dryRun?: boolean | undefined;
  force?: boolean | undefined;
}

/** What must still be true of an object when it is removed. */
export interface Preconditions {
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

/**
 * Calls to the Kubernetes API. Every call has a time limit of its own beside `signal`; answers
 * other than 2xx are thrown as ApiError, failures on the way as TransportError (api-errors.ts).
 */
export interface KubeClient {
  /** One object, or undefined when there is none of that name. */
  get(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined>;
  /** One page of objects, each with its apiVersion and kind filled in. */
  list(type: ResourceType, options: ListOptions, signal?: AbortSignal): Promise<ListPage>;
  /** The events after a resource version; ends when the server ends it, throws when it breaks. */
  watch(
    type: ResourceType,
    options: WatchOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent>>;
  /** Creates an object (POST); one that exists is an ApiError `AlreadyExists`. */
  create(type: ResourceType, object: KubeObject, signal?: AbortSignal): Promise<KubeObject>;
  /** Server-side apply as `dumbkv-operator`; a uid or resourceVersion in the object must match. */
  apply(
    type: ResourceType,
    object: KubeObject,
    options?: ApplyOptions,
    signal?: AbortSignal,
  ): Promise<KubeObject>;
  /** JSON merge patch of one object, or of a subresource of it. */
  mergePatch(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: Record<string, unknown>,
    signal?: AbortSignal,
    subresource?: string,
  ): Promise<KubeObject>;
  /** Replaces an object (PUT); its resourceVersion must match. */
  replace(type: ResourceType, object: KubeObject, signal?: AbortSignal): Promise<KubeObject>;
  /** Deletes an object if the preconditions hold; one that is gone already is fine. */
  remove(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    preconditions: Preconditions,
    signal?: AbortSignal,
  ): Promise<void>;
}
