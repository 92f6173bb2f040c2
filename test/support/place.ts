// A namespace of its own for one test, and the calls by which the test acts there as a user would:
// as another field manager than the operator, and without its caches.
import { randomBytes } from 'node:crypto';
import { DUMBKV, STORAGE_CLASS } from '../../operator/api/resources.ts';
import { apiVersion, type ResourceType, resourcePath } from '../../operator/kube/resource.ts';
import type { ControlPlane } from './control-plane.ts';
import { type ApiObject, type Call, clientOf } from './control-plane-client.ts';
import { until } from './until.ts';

/** A condition of a DumbKV, as a test compares it. */
export interface ShownCondition {
  status: string;
  reason: string;
  message: string;
}

/** Makes a namespace that no other test uses. */
export async function makePlace(controlPlane: ControlPlane, prefix = 'test'): Promise<Place> {
  const call = clientOf(controlPlane);
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  const { status, body } = await call('POST', '/api/v1/namespaces', { metadata: { name } });
  if (status !== 201) throw refusal(`make namespace ${name}`, status, body);
  return new Place(name, call);
}

const SHARED_HOST = 'orders.example.com';

/** One namespace, and what a test does in it. */
export class Place {
  readonly namespace: string;
  readonly call: Call;

  constructor(namespace: string, call: Call) {
    this.namespace = namespace;
    this.call = call;
  }

  /** One object, or undefined. */
  async find(type: ResourceType, name: string): Promise<ApiObject | undefined> {
    const { status, body } = await this.call('GET', this.#path(type, name));
    if (status === 404) return undefined;
    return expectSuccess(`get ${type.kind} ${name}`, status, body);
  }

  /** One object; throws if there is none. */
  async get(type: ResourceType, name: string): Promise<ApiObject> {
    const object = await this.find(type, name);
    if (object === undefined) throw new Error(`there is no ${type.kind} "${name}"`);
    return object;
  }

  async list(type: ResourceType): Promise<ApiObject[]> {
    const { status, body } = await this.call('GET', this.#path(type));
    const { items } = expectSuccess(`list ${type.plural}`, status, body);
    return items.map((item: ApiObject) => ({
      apiVersion: apiVersion(type),
      kind: type.kind,
      ...item,
    }));
  }

  async make(type: ResourceType, object: ApiObject): Promise<ApiObject> {
    const typed = { apiVersion: apiVersion(type), kind: type.kind, ...object };
    const { status, body } = await this.call('POST', this.#path(type), typed);
    return expectSuccess(`make ${type.kind} ${object.metadata?.name}`, status, body);
  }

  /** A JSON merge patch. */
  async change(type: ResourceType, name: string, patch: ApiObject): Promise<ApiObject> {
    const { status, body } = await this.call('PATCH', this.#path(type, name), patch);
    return expectSuccess(`change ${type.kind} ${name}`, status, body);
  }

  /** A server-side apply as another field manager. */
  async apply(type: ResourceType, name: string, fields: ApiObject): Promise<ApiObject> {
    const metadata = { ...fields.metadata, name };
    const object = { apiVersion: apiVersion(type), kind: type.kind, ...fields, metadata };
    const path = `${this.#path(type, name)}?fieldManager=somebody`;
    const { status, body } = await this.call('PATCH', path, object, 'application/apply-patch+yaml');
    return expectSuccess(`apply ${type.kind} ${name}`, status, body);
  }

  async setStatus(type: ResourceType, name: string, status: ApiObject): Promise<void> {
    const answer = await this.call('PATCH', `${this.#path(type, name)}/status`, { status });
    expectSuccess(`set the status of ${type.kind} ${name}`, answer.status, answer.body);
  }

  /** Deletes at once; gone already is fine. */
  async remove(type: ResourceType, name: string): Promise<void> {
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    const { status, body } = await this.call('DELETE', this.#path(type, name), options);
    if (status !== 404) expectSuccess(`delete ${type.kind} ${name}`, status, body);
  }

  /** Makes a storage class with this name; classes are the cluster's, so tests need their own. */
  async storageClass(name: string, allowVolumeExpansion: boolean): Promise<void> {
    const storageClass = {
      ...{ apiVersion: apiVersion(STORAGE_CLASS), kind: 'StorageClass', metadata: { name } },
      ...{ provisioner: 'example.com/test', allowVolumeExpansion },
    };
    const { status, body } = await this.call('POST', resourcePath(STORAGE_CLASS), storageClass);
    expectSuccess(`make storage class ${name}`, status, body);
  }

  /** Makes a DumbKV; of `orders.example.com`, which one alone may have, each place has its own. */
  dumbkv(name: string, spec: ApiObject = {}): Promise<ApiObject> {
    const isShared = spec.ingress?.host === SHARED_HOST;
    const ingress = { ...spec.ingress, host: `${this.namespace}.${SHARED_HOST}` };
    return this.make(DUMBKV, { metadata: { name }, spec: isShared ? { ...spec, ingress } : spec });
  }

  /** Has the operator look at a DumbKV, without changing what it asks. */
  async touch(name: string): Promise<void> {
    const touched = randomBytes(4).toString('hex');
    await this.change(DUMBKV, name, { metadata: { annotations: { 'test/touched': touched } } });
  }

  /** The conditions of a DumbKV by their types. */
  async conditions(name: string): Promise<Record<string, ShownCondition>> {
    const { status } = await this.get(DUMBKV, name);
    const shown = (status?.conditions ?? []).map(
      ({ type, status: state, reason, message }: ShownCondition & { type: string }) => [
        type,
        { status: state, reason, message },
      ],
    );
    return Object.fromEntries(shown);
  }

  /** Waits until a condition has this reason, and gives it. */
  untilReason(name: string, reason: string, type = 'Ready'): Promise<ShownCondition> {
    let last: ShownCondition | undefined;
    return until(`${type} of ${name} has the reason ${reason}`, async () => {
      last = (await this.conditions(name))[type];
      if (last?.reason === reason) return last;
      throw new Error(`it is ${JSON.stringify(last)}`);
    });
  }

  #path(type: ResourceType, name?: string): string {
    return resourcePath(type, this.namespace, name);
  }
}

function expectSuccess(what: string, status: number, body: ApiObject): ApiObject {
  if (status < 200 || status > 299) throw refusal(what, status, body);
  return body;
}

function refusal(what: string, status: number, body: ApiObject): Error {
  return new Error(`cannot ${what}: ${status} ${body.message ?? JSON.stringify(body)}`);
}
