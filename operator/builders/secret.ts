// The Secrets of an instance: its sealing key, which is part of its data, and its first token. Both
// are created once and never overwritten (apply/secrets.ts); only their metadata follows the
// DumbKV, and the mark that the store was made comes to the key (reconcile/store-mark.ts).
import type { DumbKV } from '../../crds/schema.ts';
import { sealingKeyFileText, sealingKeyFingerprint } from '../../server/sealing/key-file.ts';
import { SECRET } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import {
  dataSetMetadata,
  objectOf,
  ownedMetadata,
  ownTokenSecretName,
  type StoreIdentity,
  sealingSecretName,
} from './metadata.ts';

export const SEALING_KEY_FIELD = 'sealing-key';
/** Beside the key, once the store was made: the server looks for a file of that name. */
export const STORE_MADE_FIELD = 'store-made';
export const TOKEN_FIELD = 'token';

/**
 * Fresh randomness for an instance that has no data yet; made by the caller, since builders are
 * pure.
 */
export interface NewStore {
  storeId: string;
  sealingKey: Uint8Array;
}

/** The Secret with a new sealing key; its fingerprint and store id stand in its metadata. */
export function sealingSecret(dumbkv: DumbKV, store: NewStore): KubeObject {
  const identity: StoreIdentity = {
    storeId: store.storeId,
    fingerprint: sealingKeyFingerprint(store.sealingKey),
  };
  const metadata = dataSetMetadata(dumbkv, sealingSecretName(dumbkv.metadata.name), identity);
  return objectOf(SECRET, metadata, {
    type: 'Opaque',
    stringData: { [SEALING_KEY_FIELD]: sealingKeyFileText(store.sealingKey) },
  });
}

/** The Secret with a new bearer token, readable by the application team. */
export function tokenSecret(
  dumbkv: DumbKV,
  token: string,
  annotations: Record<string, string> = {},
): KubeObject {
  const name = ownTokenSecretName(dumbkv.metadata.name);
  const metadata = { ...ownedMetadata(dumbkv, name), annotations };
  return objectOf(SECRET, metadata, { type: 'Opaque', stringData: { [TOKEN_FIELD]: token } });
}
