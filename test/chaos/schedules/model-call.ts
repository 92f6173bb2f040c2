// The API server in memory as tests and actors call it, by method and path, so that place.ts and
// cluster-actors.ts work on it as on a real one.
import * as resources from '../../../operator/api/resources.ts';
import { ApiError } from '../../../operator/kube/api-errors.ts';
import type { KubeObject, ResourceType } from '../../../operator/kube/resource.ts';
import type { Answer, ApiObject, Call } from '../../support/control-plane-client.ts';
import type { ModelApi } from './model-api.ts';

const TYPES: readonly ResourceType[] = Object.values(resources).filter(
  (one): one is ResourceType => 'plural' in one,
);
const PATH = /^\/apis?\/(?:([^/]+)\/)?v\w+\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?(\/status)?$/;

/** Calls to the API server, by others than the operator. */
export const callOf =
  (api: ModelApi): Call =>
  async (method, path, body) => {
    try {
      return answer(api, method, path, body as KubeObject);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.statusCode, body: { message: error.message } };
    }
  };

function answer(api: ModelApi, method: string, path: string, body: KubeObject): Answer {
  const [, group = '', namespace, plural, name, status] = PATH.exec(path) ?? [];
  const type = TYPES.find((one) => one.plural === plural && one.group === group);
  if (type === undefined) throw new Error(`nothing is served at ${path}`);
  const by = 'others';
  if (name === undefined) {
    if (method === 'GET') return { status: 200, body: { items: api.list(type) } };
    const metadata = { ...body.metadata, namespace } as KubeObject['metadata'];
    return { status: 201, body: api.create(type, { ...body, metadata }, by) };
  }
  const place = { namespace, name };
  if (method === 'DELETE') {
    api.remove(type, place, { by });
    return { status: 200, body: {} };
  }
  if (method === 'PATCH') {
    const subresource = status && 'status';
    return { status: 200, body: api.patch(type, place, body, { by, subresource }) };
  }
  const found = api.get(type, place);
  return { status: found ? 200 : 404, body: (found ?? {}) as ApiObject };
}
