// The KubeClient over a transport: which method, path, query and body each kind of call has.
// Watch bodies go through watch-stream.ts.
import { isNotFound, TransportError } from './api-errors.ts';
import type { ApplyOptions, KubeClient, ListOptions, ListPage, WatchOptions } from './client.ts';
import { apiVersion, type KubeObject, type ResourceType, resourcePath } from './resource.ts';
import type { ApiRequest, Transport } from './transport.ts';
import { watchEvents } from './watch-stream.ts';

/** The field manager of every write. */
export const FIELD_MANAGER = 'dumbkv-operator';

type Query = Record<string, string | number | boolean | undefined>;

/** A client that sends through this transport. */
export function createKubeClient(transport: Transport): KubeClient {
  const call = async (request: ApiRequest, signal?: AbortSignal) =>
    objectOf(await transport.call(request, signal), request);

  return {
    async get(type, namespace, name, signal) {
      try {
        const path = resourcePath(type, namespace, name);
        return await call({ method: 'GET', path, repeatable: true }, signal);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async list(type, options, signal) {
      const request: ApiRequest = {
        method: 'GET',
        path: listPath(type, options),
        repeatable: true,
      };
      return pageOf(type, await transport.call(request, signal), request);
    },
    async watch(type, options, signal) {
      const path = watchPath(type, options);
      return watchEvents(await transport.open({ method: 'GET', path }, signal), path);
    },
    create(type, object, signal) {
      const path = collectionPath(type, object) + query({ fieldManager: FIELD_MANAGER });
      return call({ method: 'POST', path, body: typed(type, object) }, signal);
    },
    apply(type, object, options = {}, signal) {
      const request: ApiRequest = {
        method: 'PATCH',
        path: applyPath(type, object, options),
        contentType: 'application/apply-patch+yaml',
        body: typed(type, object),
      };
      return call(request, signal);
    },
    mergePatch(type, namespace, name, patch, signal, subresource) {
      const path =
        resourcePath(type, namespace, name, subresource) + query({ fieldManager: FIELD_MANAGER });
      const contentType = 'application/merge-patch+json';
      return call({ method: 'PATCH', path, contentType, body: patch }, signal);
    },
    replace(type, object, signal) {
      const path = objectPath(type, object) + query({ fieldManager: FIELD_MANAGER });
      return call({ method: 'PUT', path, body: typed(type, object) }, signal);
    },
    async remove(type, namespace, name, preconditions, signal) {
      const path = resourcePath(type, namespace, name);
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions };
      try {
        await transport.call({ method: 'DELETE', path, body }, signal);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

function query(values: Query): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return text.length === 0 ? '' : `?${text.join('&')}`;
}

function listPath(type: ResourceType, options: ListOptions): string {
  const { labelSelector, limit, continueToken, resourceVersion } = options;
  const values = { labelSelector, limit, continue: continueToken, resourceVersion };
  return resourcePath(type, options.namespace) + query(values);
}

function watchPath(type: ResourceType, options: WatchOptions): string {
  const { labelSelector, resourceVersion, timeoutSeconds } = options;
  const values = { labelSelector, resourceVersion, timeoutSeconds };
  const asked = query({ watch: true, allowWatchBookmarks: true, ...values });
  return resourcePath(type, options.namespace) + asked;
}

function applyPath(
  type: ResourceType,
  object: KubeObject,
  { subresource, dryRun, force = true }: ApplyOptions,
): string {
  const values = { fieldManager: FIELD_MANAGER, force, dryRun: dryRun ? 'All' : undefined };
  return objectPath(type, object, subresource) + query(values);
}

function objectPath(type: ResourceType, object: KubeObject, subresource?: string): string {
  return resourcePath(type, object.metadata.namespace, object.metadata.name, subresource);
}

function collectionPath(type: ResourceType, object: KubeObject): string {
  return resourcePath(type, object.metadata.namespace);
}

function typed(type: ResourceType, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersion(type), kind: type.kind };
}

function objectOf(answer: unknown, request: ApiRequest): KubeObject {
  const metadata = (answer as KubeObject | null)?.metadata;
  if (typeof metadata !== 'object' || metadata === null) throw badAnswer(request, 'an object');
  return answer as KubeObject;
}

// The API server leaves apiVersion and kind out of the items of a list.
function pageOf(type: ResourceType, answer: unknown, request: ApiRequest): ListPage {
  const list = answer as { items?: unknown; metadata?: Record<string, unknown> } | null;
  const resourceVersion = list?.metadata?.resourceVersion;
  if (!Array.isArray(list?.items) || typeof resourceVersion !== 'string') {
    throw badAnswer(request, 'a list with a resourceVersion');
  }
  const items = list.items.map((item: KubeObject) => typed(type, item));
  const continueToken = list.metadata?.continue;
  return typeof continueToken === 'string' && continueToken !== ''
    ? { items, resourceVersion, continueToken }
    : { items, resourceVersion };
}

function badAnswer(request: ApiRequest, expected: string): TransportError {
  const path = request.path.split('?')[0];
  const message = `${request.method} ${path}: the answer is not ${expected}`;
  return new TransportError('DKV_KUBE_BAD_ANSWER', message);
}
