// An API server in memory for one test: it keeps objects with uids and versions, holds writers to
// their preconditions, and records every call. Tests with a real API server stand beside those that
// use it.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ApiError, type StatusDetails } from '../../operator/kube/api-errors.ts';
import type {
  ApplyOptions,
  KubeClient,
  ListPage,
  Preconditions,
  WatchEvent,
} from '../../operator/kube/client.ts';
import {
  type KubeObject,
  type ObjectMeta,
  type ResourceType,
  resourcePath,
} from '../../operator/kube/resource.ts';
import { altered, applied } from './alteration.ts';

export type Verb = 'get' | 'create' | 'apply' | 'mergePatch' | 'remove';

/** One call, as it was made. `sent` is the object, the patch or the preconditions. */
export interface Action {
  verb: Verb;
  kind: string;
  name: string;
  subresource?: string | undefined;
  sent?: unknown;
}

interface Stored {
  object: KubeObject;
  /** What the operator applied last; an apply takes away what it no longer names. */
  lastApplied: Record<string, unknown>;
}

interface Refusal {
  verb: Verb;
  kind: string;
  error: Error;
}

/** The client and its store in one; everything that it gives out is a copy. */
export class RecordingClient implements KubeClient {
  readonly actions: Action[] = [];
  readonly #stored = new Map<string, Stored>();
  readonly #refusals: Refusal[] = [];
  #version = 1000;

  /** The calls that change something, without Events. */
  get writes(): Action[] {
    return this.actions.filter(({ verb, kind }) => verb !== 'get' && kind !== 'Event');
  }

  /** The writes in short: `apply Service orders`, `mergePatch DumbKV orders/status`. */
  get writeTitles(): string[] {
    return this.writes.map(
      ({ verb, kind, name, subresource }) =>
        `${verb} ${kind} ${name}${subresource === undefined ? '' : `/${subresource}`}`,
    );
  }

  /** Puts an object there, as somebody else would. */
  put(type: ResourceType, object: KubeObject): void {
    const metadata = { uid: randomUUID(), ...object.metadata, resourceVersion: this.#next() };
    this.#store(type, structuredClone({ ...object, metadata }), {});
  }

  /** Changes an object, as somebody else would. */
  amend(type: ResourceType, namespace: string, name: string, alteration: object): void {
    const before = this.#find(type, namespace, name);
    if (before === undefined) throw new Error(`no ${type.kind} "${name}" to amend`);
    const object = altered(before.object, alteration);
    object.metadata.resourceVersion = this.#next();
    this.#store(type, object, before.lastApplied);
  }

  /** Takes an object away, as somebody else would. */
  drop(type: ResourceType, namespace: string, name: string): void {
    this.#stored.delete(resourcePath(type, namespace, name));
  }

  /** Lets every later call of this kind fail. */
  refuse(verb: Verb, kind: string, error: Error): void {
    this.#refusals.push({ verb, kind, error });
  }

  /** Takes all refusals back. */
  allowAll(): void {
    this.#refusals.length = 0;
  }

  /** What is there now, without recording that it was looked at. */
  peek(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined {
    return structuredClone(this.#find(type, namespace, name)?.object);
  }

  /** All objects of a kind, without recording that they were looked at. */
  peekAll(type: ResourceType): KubeObject[] {
    const objects = [...this.#stored.values()].map(({ object }) => object);
    return structuredClone(objects.filter(({ kind }) => kind === type.kind));
  }

  async get(type: ResourceType, namespace: string | undefined, name: string) {
    this.#record({ verb: 'get', kind: type.kind, name });
    return this.peek(type, namespace, name);
  }

  async create(type: ResourceType, object: KubeObject): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    this.#record({ verb: 'create', kind: type.kind, name, sent: structuredClone(object) });
    if (this.#find(type, namespace, name)) {
      throw refusal('POST', resourcePath(type, namespace), 409, 'AlreadyExists');
    }
    return this.#write(type, withData(object), {});
  }

  async apply(type: ResourceType, object: KubeObject, options: ApplyOptions = {}) {
    const { namespace, name } = object.metadata;
    const sent = structuredClone(object);
    const { subresource } = options;
    this.#record({ verb: 'apply', kind: type.kind, name, subresource, sent });
    const before = this.#find(type, namespace, name);
    this.#demand(type, object.metadata, before?.object);
    const { uid: _, resourceVersion: __, ...metadata } = sent.metadata;
    const desired = { ...sent, metadata };
    const merged = applied(before?.object ?? {}, before?.lastApplied ?? {}, desired);
    if (options.dryRun) return merged as KubeObject;
    return this.#write(type, merged as KubeObject, desired);
  }

  async mergePatch(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: Record<string, unknown>,
    _signal?: AbortSignal,
    subresource?: string,
  ): Promise<KubeObject> {
    const sent = structuredClone(patch);
    this.#record({ verb: 'mergePatch', kind: type.kind, name, subresource, sent });
    const before = this.#find(type, namespace, name);
    if (!before) throw refusal('PATCH', resourcePath(type, namespace, name), 404, 'NotFound');
    this.#demand(type, { ...(patch.metadata as ObjectMeta), name }, before.object);
    return this.#write(type, altered(before.object, structuredClone(patch)), before.lastApplied);
  }

  async remove(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    preconditions: Preconditions,
  ): Promise<void> {
    this.#record({ verb: 'remove', kind: type.kind, name, sent: preconditions });
    const before = this.#find(type, namespace, name);
    if (before === undefined) return;
    this.#demand(type, { ...(preconditions as ObjectMeta), name }, before.object);
    this.#stored.delete(resourcePath(type, namespace, name));
  }

  list(): Promise<ListPage> {
    throw new Error('reconcile lists nothing');
  }

  watch(): Promise<AsyncIterable<WatchEvent>> {
    throw new Error('reconcile watches nothing');
  }

  replace(): Promise<KubeObject> {
    throw new Error('reconcile replaces nothing');
  }

  #record(action: Action): void {
    this.actions.push(action);
    const refused = this.#refusals.find(
      ({ verb, kind }) => verb === action.verb && kind === action.kind,
    );
    if (refused) throw refused.error;
  }

  #demand(type: ResourceType, wanted: ObjectMeta, live: KubeObject | undefined): void {
    for (const field of ['uid', 'resourceVersion'] as const) {
      if (wanted[field] === undefined || wanted[field] === live?.metadata[field]) continue;
      throw refusal('PATCH', resourcePath(type, wanted.namespace, wanted.name), 409, 'Conflict');
    }
  }

  #write(type: ResourceType, object: KubeObject, lastApplied: object): KubeObject {
    const { namespace, name } = object.metadata;
    const before = this.#find(type, namespace, name)?.object;
    // what changes nothing is not written
    if (before !== undefined && isDeepStrictEqual(before, object)) return structuredClone(before);
    const isNewSpec = JSON.stringify(before?.spec) !== JSON.stringify(object.spec);
    const metadata = {
      ...object.metadata,
      uid: before?.metadata.uid ?? randomUUID(),
      generation: (before?.metadata.generation ?? 0) + (isNewSpec ? 1 : 0),
      resourceVersion: this.#next(),
    };
    this.#store(type, { ...object, metadata }, lastApplied as Record<string, unknown>);
    return structuredClone({ ...object, metadata });
  }

  #store(type: ResourceType, object: KubeObject, lastApplied: Record<string, unknown>): void {
    const { namespace, name } = object.metadata;
    this.#stored.set(resourcePath(type, namespace, name), { object, lastApplied });
  }

  #find(type: ResourceType, namespace: string | undefined, name: string): Stored | undefined {
    return this.#stored.get(resourcePath(type, namespace, name));
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

/** What the API server answers when it says no. */
export function refusal(
  method: string,
  path: string,
  statusCode: number,
  reason: string,
  more: { message?: string; details?: StatusDetails } = {},
): ApiError {
  return new ApiError({ method, path }, statusCode, { reason, ...more });
}

/** The API server keeps a Secret's `stringData` as `data`, in base64. */
function withData({ stringData, ...object }: KubeObject): KubeObject {
  if (stringData === undefined) return structuredClone(object);
  const entries = Object.entries(stringData as Record<string, string>).map(([field, text]) => [
    field,
    Buffer.from(text).toString('base64'),
  ]);
  return structuredClone({ ...object, data: Object.fromEntries(entries) });
}
