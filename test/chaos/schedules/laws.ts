// What no schedule may ever lead to, looked at with every write: no blind write, no wrong delete,
// no second key beside data, no data that outlives its key.
import { isDeepStrictEqual } from 'node:util';
import {
  AUTOSCALER,
  CLAIM,
  DISRUPTION_BUDGET,
  DUMBKV,
  EVENT,
  HTTP_ROUTE,
  INGRESS,
  NETWORK_POLICY,
  SECRET,
} from '../../../operator/api/resources.ts';
import { OWNER_UID_ANNOTATION } from '../../../operator/builders/metadata.ts';
import { SEALING_KEY_FIELD } from '../../../operator/builders/secret.ts';
import type { KubeObject } from '../../../operator/kube/resource.ts';
import type { ModelApi, Write } from './model-api.ts';
import { NAME, NAMESPACE, STRANGER_LABEL } from './users.ts';

/** All that the operator may ever delete: nothing that holds data or runs pods. */
const REMOVABLE = [INGRESS, HTTP_ROUTE, NETWORK_POLICY, DISRUPTION_BUDGET, AUTOSCALER];
const CLAIM_NAME = `${NAME}-data`;
const KEY_NAME = `${NAME}-sealing`;

/** Watches over the writes of one schedule. */
export class Laws {
  /** The sentences that were not kept. */
  readonly broken: string[] = [];
  /** What was promised to outlive its DumbKV, by uid. */
  readonly #kept = new Set<string | undefined>();
  #api: ModelApi | undefined;

  /** Has to be told whose writes it is told of. */
  watch(api: ModelApi): void {
    this.#api = api;
  }

  check(write: Write): void {
    const sentences = write.by === 'operator' ? this.#operatorsOwn(write) : this.#others(write);
    const { by, verb, type, name } = write;
    for (const sentence of sentences) {
      this.broken.push(`${sentence}: ${verb} ${type.kind} ${name} by ${by}`);
    }
  }

  #operatorsOwn(write: Write): string[] {
    const { type, verb, before, after, preconditions } = write;
    if (type === EVENT) return [];
    const { uid, resourceVersion } = preconditions;
    const isBlind = before !== undefined && (!uid || !resourceVersion);
    const isStrangers = before?.metadata.labels?.[STRANGER_LABEL] !== undefined;
    const isForeign = isStrangers && !isDeepStrictEqual(before, after);
    return [
      ...(isBlind ? ['no write is blind'] : []),
      ...(isForeign ? ["nothing of a stranger's is touched"] : []),
      ...(verb === 'remove' && !REMOVABLE.includes(type) ? ['no such kind is deleted'] : []),
      ...this.#aboutKeys(write),
    ];
  }

  #aboutKeys({ type, name, before, after }: Write): string[] {
    const claim = type === CLAIM && name === CLAIM_NAME ? after : this.#find(CLAIM, CLAIM_NAME);
    const isKey = type === SECRET && name === KEY_NAME;
    const key = isKey ? after : this.#find(SECRET, KEY_NAME);
    const isSecond = isKey && before === undefined && claim !== undefined;
    const isChanged = isKey && before !== undefined && keyIn(before) !== keyIn(after);
    const isHalf = hasOwner(key) && isStaying(claim) && !hasOwner(claim);
    return [
      ...(isSecond ? ['no key is made beside a claim'] : []),
      ...(isChanged ? ['a key never changes'] : []),
      ...(isHalf ? ['no key goes where its data stays'] : []),
    ];
  }

  #others({ type, verb, before, after }: Write): string[] {
    if (type === DUMBKV && verb === 'remove' && before !== undefined) this.#noteKept(before);
    const isGone = before !== undefined && after === undefined;
    return isGone && this.#kept.has(before.metadata.uid) ? ['what is retained stays'] : [];
  }

  /** What the status promises at the deletion is what is kept, of data that it has used. */
  #noteKept({ metadata: { uid }, spec, status }: KubeObject): void {
    const policies = [spec, status].map((part) => (part as Policy | undefined)?.deletionPolicy);
    // who asks for Delete gets it, though the status may not have come to tell
    const promised = policies.every((policy) => policy === 'Retain') ? 'Retain' : 'Delete';
    const parts = [this.#find(CLAIM, CLAIM_NAME), this.#find(SECRET, KEY_NAME)];
    const users = parts.map((part) => part?.metadata.annotations?.[OWNER_UID_ANNOTATION]);
    if (users.some((user) => user !== uid)) return;
    for (const part of parts) {
      if (promised === 'Retain') this.#kept.add(part?.metadata.uid);
      else this.#kept.delete(part?.metadata.uid);
    }
  }

  #find(type: Write['type'], name: string): KubeObject | undefined {
    return this.#api?.get(type, { namespace: NAMESPACE, name });
  }
}

interface Policy {
  deletionPolicy?: string;
}

/** Beside it may come the mark that the store was made. */
const keyIn = (object: KubeObject | undefined): unknown =>
  (object?.data as Record<string, string> | undefined)?.[SEALING_KEY_FIELD];

const hasOwner = (object: KubeObject | undefined): boolean =>
  (object?.metadata.ownerReferences ?? []).length > 0;

const isStaying = (object: KubeObject | undefined): object is KubeObject =>
  object !== undefined && object.metadata.deletionTimestamp === undefined;
