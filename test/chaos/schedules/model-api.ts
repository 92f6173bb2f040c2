// An API server in memory that keeps its history: versions, uids, preconditions, finalizers,
// server-side apply, and every change in its order. model-client.ts is the operator's way to it,
// model-call.ts that of everybody else.
import { isDeepStrictEqual } from 'node:util';
import type { Preconditions } from '../../../operator/kube/client.ts';
import {
  type KubeObject,
  type ObjectMeta,
  type ResourceType,
  resourcePath,
} from '../../../operator/kube/resource.ts';
import { deepFrozen } from '../../../operator/watch/frozen.ts';
import { altered, applied } from '../../support/alteration.ts';
import { completed, demandLegal, refused, writable } from './model-objects.ts';

/** An object before and after a change. */
export interface Change {
  readonly revision: number;
  readonly type: ResourceType;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

export type Author = 'operator' | 'others';

/** A write that is legal, told before it is done. */
export interface Write extends Omit<Change, 'revision'> {
  readonly by: Author;
  readonly verb: 'create' | 'apply' | 'patch' | 'remove';
  readonly name: string;
  /** What must hold of the object, as the writer said. */
  readonly preconditions: Preconditions;
}

type Deed = Pick<Write, 'by' | 'verb' | 'type' | 'preconditions'>;

interface Stored {
  readonly object: KubeObject;
  /** What the operator applied last; an apply takes away what it no longer names. */
  readonly lastApplied: object;
}

/** Where an object is. */
export interface ObjectPlace {
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The revision before the first change. */
export const FIRST_REVISION = 100;

/** The API server. What it gives out is frozen: who alters what others hold fails at once. */
export class ModelApi {
  readonly log: Change[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #onWrite: (write: Write) => void;
  #made = 0;

  /** @param onWrite may throw where a write should never have been made */
  constructor(onWrite: (write: Write) => void = () => {}) {
    this.#onWrite = onWrite;
  }

  get revision(): number {
    return FIRST_REVISION + this.log.length;
  }

  get(type: ResourceType, place: ObjectPlace): KubeObject | undefined {
    return this.#find(type, place)?.object;
  }

  /** All objects of a kind, as they are or as they were at a revision. */
  list(type: ResourceType, revision = this.revision): KubeObject[] {
    if (revision >= this.revision) {
      const all = [...this.#objects.values()].filter(({ object }) => object.kind === type.kind);
      return all.map(({ object }) => object);
    }
    const then = new Map<string, KubeObject>();
    for (const change of this.log) {
      if (change.type !== type || change.revision > revision) continue;
      const { name } = (change.after ?? change.before ?? NOTHING).metadata;
      if (change.after === undefined) then.delete(name);
      else then.set(name, change.after);
    }
    return [...then.values()];
  }

  create(type: ResourceType, object: KubeObject, by: Author): KubeObject {
    const { generateName } = object.metadata as { generateName?: string };
    const name = object.metadata.name ?? `${generateName}${this.#number().slice(-5)}`;
    const metadata = { ...structuredClone(object.metadata), name };
    if (this.#find(type, placeOf(metadata))) throw refused(type, name, [409, 'AlreadyExists']);
    const deed: Deed = { by, verb: 'create', type, preconditions: {} };
    const lastApplied = by === 'operator' ? { metadata: { name } } : {};
    return this.#write(deed, { ...structuredClone(object), metadata }, lastApplied);
  }

  /** Server-side apply by the operator, which is the one that applies here. */
  apply(type: ResourceType, object: KubeObject, isTrial = false): KubeObject {
    const { uid, resourceVersion, ...metadata } = structuredClone(object.metadata);
    const preconditions = { uid, resourceVersion };
    const before = this.#find(type, placeOf(metadata));
    demand(type, metadata.name, preconditions, before?.object);
    const desired = { ...structuredClone(object), metadata };
    const merged = applied(before?.object ?? {}, before?.lastApplied ?? {}, desired) as KubeObject;
    if (isTrial) return merged;
    return this.#write({ by: 'operator', verb: 'apply', type, preconditions }, merged, desired);
  }

  /** A merge patch of an object, or of its status. */
  patch(
    type: ResourceType,
    place: ObjectPlace,
    patch: Record<string, unknown>,
    { by, subresource }: { by: Author; subresource?: string | undefined },
  ): KubeObject {
    const before = this.#find(type, place);
    if (before === undefined) throw refused(type, place.name, [404, 'NotFound']);
    const { metadata, ...rest } = structuredClone(patch);
    const { uid, resourceVersion, ...marks } = (metadata ?? {}) as Partial<ObjectMeta>;
    const preconditions = { uid, resourceVersion };
    demand(type, place.name, preconditions, before.object);
    const change = writable(type, { ...rest, metadata: marks }, subresource);
    const deed: Deed = { by, verb: 'patch', type, preconditions };
    return this.#write(deed, altered(before.object, change), before.lastApplied);
  }

  remove(
    type: ResourceType,
    place: ObjectPlace,
    { by, preconditions = {} }: { by: Author; preconditions?: Preconditions },
  ): void {
    const before = this.#find(type, place);
    if (before === undefined) return;
    demand(type, place.name, preconditions, before.object);
    const deed: Deed = { by, verb: 'remove', type, preconditions };
    const { finalizers, deletionTimestamp = '2030-01-01T00:00:00Z' } = before.object.metadata;
    if (finalizers === undefined) this.#drop(deed, before.object);
    else {
      const leaving = altered(before.object, { metadata: { deletionTimestamp } });
      this.#write(deed, leaving, before.lastApplied);
    }
  }

  #write(deed: Deed, object: KubeObject, lastApplied: object): KubeObject {
    const { type } = deed;
    const place = placeOf(object.metadata);
    const before = this.#find(type, place)?.object;
    const isOurs = Object.keys(lastApplied).length > 0;
    const after = completed(type, object, before, { uid: this.#uid(before), isOurs });
    demandLegal(type, after, before);
    this.#onWrite({ ...deed, name: place.name, before, after });
    const { deletionTimestamp, finalizers } = after.metadata;
    if (deletionTimestamp !== undefined && finalizers === undefined) this.#drop(deed, after);
    else if (before !== undefined && isDeepStrictEqual(before, after)) {
      this.#keep(type, { object: before, lastApplied });
    } else {
      after.metadata.resourceVersion = String(this.revision + 1);
      this.#keep(type, { object: deepFrozen(after), lastApplied });
      this.log.push({ revision: this.revision + 1, type, before, after });
    }
    return after;
  }

  #drop(deed: Deed, last: KubeObject): void {
    const place = placeOf(last.metadata);
    const before = this.#find(deed.type, place)?.object;
    this.#onWrite({ ...deed, name: place.name, before, after: undefined });
    this.#objects.delete(resourcePath(deed.type, place.namespace, place.name));
    this.log.push({ revision: this.revision + 1, type: deed.type, before, after: undefined });
  }

  #keep(type: ResourceType, stored: Stored): void {
    const { namespace, name } = stored.object.metadata;
    this.#objects.set(resourcePath(type, namespace, name), stored);
  }

  #find(type: ResourceType, { namespace, name }: ObjectPlace): Stored | undefined {
    return this.#objects.get(resourcePath(type, namespace, name));
  }

  #uid(before: KubeObject | undefined): string {
    return before?.metadata.uid ?? `00000000-0000-4000-8000-${this.#number()}`;
  }

  #number(): string {
    this.#made += 1;
    return String(this.#made).padStart(12, '0');
  }
}

const NOTHING: KubeObject = { metadata: { name: '' } };

const placeOf = ({ namespace, name }: ObjectMeta): ObjectPlace => ({ namespace, name });

function demand(
  type: ResourceType,
  name: string,
  preconditions: Preconditions,
  live: KubeObject | undefined,
): void {
  for (const field of ['uid', 'resourceVersion'] as const) {
    const wanted = preconditions[field];
    if (wanted === undefined || wanted === live?.metadata[field]) continue;
    throw refused(type, name, [409, 'Conflict']);
  }
}
