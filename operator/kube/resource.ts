// The shape of Kubernetes objects as they travel (raw JSON) and the paths under which the API
// serves them; pure. The client (client.ts) sends requests to these paths.

/** One entry of `metadata.ownerReferences`. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** One entry of `metadata.managedFields`: who manages which fields, as a tree of their names. */
export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  subresource?: string;
  fieldsV1?: FieldTree;
}

/** Names of fields (`f:spec`) and keys of elements (`k:{...}`), each with what lies below it. */
export interface FieldTree {
  [name: string]: FieldTree;
}

/** The part of `metadata` that the operator reads and writes. Times are RFC 3339 strings. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  managedFields?: ManagedFields[];
}

/** Any Kubernetes object as raw JSON: dates stay strings and unknown fields are kept. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** A kind that the API server serves; `group` is empty for the core group. */
export interface ResourceType {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

/** The `apiVersion` of objects of this type: `v1`, `apps/v1`, and so on. */
export function apiVersion(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/**
 * The path of a collection, of one object, or of a subresource of it. Without a namespace, the
 * path of a namespaced type is the one that lists all namespaces.
 */
export function resourcePath(
  type: ResourceType,
  namespace?: string,
  name?: string,
  subresource?: string,
): string {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${apiVersion(type)}`;
  const scope =
    type.namespaced && namespace !== undefined
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  const part = subresource === undefined ? '' : `/${subresource}`;
  return `${base}${scope}/${type.plural}${object}${part}`;
}

/**
 * The key of an object in queues and caches: `namespace/name`, or `name` where there is no
 * namespace.
 */
export function objectKey(metadata: { namespace?: string | undefined; name: string }): string {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}
