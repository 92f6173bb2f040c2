// Names, labels, selectors and owner references: what every child of a DumbKV carries.
// Used by each builder of this folder; desired.ts puts the children in order.
import type { DumbKV } from '../../crds/schema.ts';
import { CLAIM, DUMBKV, POSTGRES_CLUSTER } from '../api/resources.ts';
import {
  apiVersion,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
  type ResourceType,
} from '../kube/resource.ts';
import { dataPlace, hasVolume, isOnCloudNativePg } from './engine.ts';

/** The field manager of every write, and the value of the managed-by label. */
export const OPERATOR_NAME = 'dumbkv-operator';

export const INSTANCE_LABEL = 'dumbkv.dev/instance';
export const STORE_ID_LABEL = 'dumbkv.dev/store-id';
/** What carries it is not deleted while its value is `true` (config/protection). */
export const PROTECTED_LABEL = 'dumbkv.dev/protected';
export const ADOPT_LABEL = 'dumbkv.dev/adopt';
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
export const APPLIED_HASH_ANNOTATION = 'dumbkv.dev/applied-hash';
export const FINGERPRINT_ANNOTATION = 'dumbkv.dev/sealing-key-fingerprint';
export const OWNER_UID_ANNOTATION = 'dumbkv.dev/owner-uid';
export const PINNED_ANNOTATION = 'dumbkv.dev/pinned';
export const TEMPLATE_GENERATION_ANNOTATION = 'dumbkv.dev/template-generation';
export const RESTART_ANNOTATION = 'dumbkv.dev/restart';
export const ROTATE_TOKEN_ANNOTATION = 'dumbkv.dev/rotate-token';
export const ROTATION_ANNOTATION = 'dumbkv.dev/token-rotation';
export const ENGINE_ANNOTATION = 'dumbkv.dev/engine';

/** Finds every child of every instance: the selector of all lists and watches of children. */
export const CHILDREN_SELECTOR = `${MANAGED_BY_LABEL}=${OPERATOR_NAME}`;

/** The key under which our own Secret of a database has its URL. */
export const DATABASE_URL_FIELD = 'url';

export const claimName = (instance: string): string => `${instance}-data`;
export const sealingSecretName = (instance: string): string => `${instance}-sealing`;
export const ownTokenSecretName = (instance: string): string => `${instance}-token`;

/** The name of all that belongs to the Postgres of an instance. */
export const postgresName = (instance: string): string => `${instance}-postgres`;

/** The object that holds the data of an instance; undefined where others hold it. */
export function dataHolder(dumbkv: DumbKV): { type: ResourceType; name: string } | undefined {
  const { name } = dumbkv.metadata;
  if (isOnCloudNativePg(dumbkv)) return { type: POSTGRES_CLUSTER, name: postgresName(name) };
  return hasVolume(dumbkv) ? { type: CLAIM, name: claimName(name) } : undefined;
}

/** The Secret that holds the URL of the Postgres, and the key of it, or undefined on sqlite. */
export function databaseSecret(dumbkv: DumbKV): { name: string; key: string } | undefined {
  const { engine, postgres } = dumbkv.spec;
  if (engine === 'sqlite') return undefined;
  const name = postgresName(dumbkv.metadata.name);
  // as CloudNativePG names what it makes for the owner of the database
  if (isOnCloudNativePg(dumbkv)) return { name: `${name}-app`, key: 'uri' };
  const own = { name, key: DATABASE_URL_FIELD };
  return postgres?.external?.urlSecretRef ?? own;
}

/**
 * The Secret that holds the instance's tokens: the user's own, or ours; undefined when it is open.
 */
export function tokenSecretName(dumbkv: DumbKV): string | undefined {
  if (dumbkv.spec.auth.type === 'None') return undefined;
  return dumbkv.spec.auth.tokenSecretRef?.name ?? ownTokenSecretName(dumbkv.metadata.name);
}

/** The labels that never change and that select an instance's pods. */
export function selectorLabels(instance: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'dumbkv', 'app.kubernetes.io/instance': instance };
}

/** The labels of every child. */
export function labelsFor(instance: string): Record<string, string> {
  return {
    ...selectorLabels(instance),
    'app.kubernetes.io/component': 'server',
    'app.kubernetes.io/part-of': 'dumbkv',
    [MANAGED_BY_LABEL]: OPERATOR_NAME,
    [INSTANCE_LABEL]: instance,
  };
}

/** The labels of a child, with those that the user asks for. */
const childLabels = ({ metadata, spec }: DumbKV): Record<string, string> => ({
  ...spec.template?.labels,
  ...labelsFor(metadata.name),
});

/** The reference by which the garbage collector removes a child with its DumbKV. */
export function ownerReference(dumbkv: DumbKV): OwnerReference {
  return {
    apiVersion: apiVersion(DUMBKV),
    kind: DUMBKV.kind,
    name: dumbkv.metadata.name,
    uid: dumbkv.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The metadata of a child that lives and goes with its DumbKV. */
export function ownedMetadata(dumbkv: DumbKV, name: string): ObjectMeta {
  return {
    name,
    namespace: dumbkv.metadata.namespace,
    labels: childLabels(dumbkv),
    ownerReferences: [ownerReference(dumbkv)],
  };
}

/** What tells one store from another: carried by the claim and the sealing Secret. */
export interface StoreIdentity {
  storeId: string;
  fingerprint: string;
}

/**
 * The metadata of the claim and the sealing Secret, which outlive their DumbKV unless asked
 * otherwise.
 */
export function dataSetMetadata(dumbkv: DumbKV, name: string, store: StoreIdentity): ObjectMeta {
  return {
    name,
    namespace: dumbkv.metadata.namespace,
    labels: {
      ...childLabels(dumbkv),
      [STORE_ID_LABEL]: store.storeId,
      [PROTECTED_LABEL]: String(dumbkv.spec.deletionProtection),
    },
    annotations: {
      [ENGINE_ANNOTATION]: dataPlace(dumbkv),
      [FINGERPRINT_ANNOTATION]: store.fingerprint,
      [OWNER_UID_ANNOTATION]: dumbkv.metadata.uid,
    },
    ...(dumbkv.spec.deletionPolicy === 'Delete'
      ? { ownerReferences: [ownerReference(dumbkv)] }
      : {}),
  };
}

/** An object of a type: its apiVersion and kind, its metadata, and the rest. */
export function objectOf(
  type: ResourceType,
  metadata: ObjectMeta,
  fields: Record<string, unknown>,
): KubeObject {
  return { apiVersion: apiVersion(type), kind: type.kind, metadata, ...fields };
}
