// The mark in the sealing Secret that the store of an instance was made, which the server finds
// beside its key: with it the server makes no second one, however empty its database or volume is.
// bring-about.ts has it set, once, when a pod serves the store.
import type { DumbKV } from '../../crds/schema.ts';
import { SECRET } from '../api/resources.ts';
import { STORE_ID_LABEL } from '../builders/metadata.ts';
import { STORE_MADE_FIELD } from '../builders/secret.ts';
import type { DataSetFacts } from '../data-set/plan.ts';
import { isForbidden, isInvalid } from '../kube/api-errors.ts';
import type { KubeObject } from '../kube/resource.ts';
import { type SettledKey, settleKey } from './data-set.ts';
import type { TellingContext } from './happenings.ts';
import { childrenOf } from './observe.ts';

/** Settles the key of an instance, with the mark where it is time for it. */
export async function settleMarkedKey(
  dumbkv: DumbKV,
  facts: DataSetFacts,
  context: TellingContext,
): Promise<SettledKey> {
  return markStoreMade(dumbkv, await settleKey(dumbkv, facts, context), context);
}

/**
 * Sets the mark if it is not there and a pod shows that the store is. An instance is no worse off
 * than before where that is refused, by a Secret that may not change for instance.
 * @returns the key with its Secret as it is now
 */
export async function markStoreMade(
  dumbkv: DumbKV,
  key: SettledKey,
  { client, cache, signal }: TellingContext,
): Promise<SettledKey> {
  const { store, secret } = key;
  const { storeId } = store;
  const isServed = () => childrenOf(dumbkv, cache).pods.some((pod) => isServing(pod, storeId));
  if (secret.isStoreMade || !isServed()) return key;
  const { namespace, name, uid, resourceVersion } = secret.metadata;
  const data = { [STORE_MADE_FIELD]: Buffer.from(storeId).toString('base64') };
  const patch = { metadata: { uid, resourceVersion }, data };
  try {
    const { metadata } = await client.mergePatch(SECRET, namespace, name, patch, signal);
    return { ...key, secret: { ...secret, metadata, isStoreMade: true } };
  } catch (error) {
    if (isForbidden(error) || isInvalid(error)) return key;
    throw error;
  }
}

/**
 * A pod of an earlier data set serves another store: it says nothing about this one. One that goes
 * says nothing new, and who suspends an instance may have taken the mark away.
 */
function isServing({ metadata, status }: KubeObject, storeId: string): boolean {
  const { conditions } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  const isReady = conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
  const isGoing = metadata.deletionTimestamp !== undefined;
  return isReady && !isGoing && metadata.labels?.[STORE_ID_LABEL] === storeId;
}
