// Reads all that there is of an instance, once: its children as found-children.ts finds them, the
// named Secrets live. What it gathers is decided upon without further reads (checks/, data-set/,
// status/).
import type { DumbKV } from '../../crds/schema.ts';
import { parseSealingKeyFile, sealingKeyFingerprint } from '../../server/sealing/key-file.ts';
import {
  AUTOSCALER,
  CLAIM,
  DEPLOYMENT,
  ENDPOINT_SLICE,
  HTTP_ROUTE,
  INGRESS,
  POD,
  POSTGRES_CLUSTER,
  SECRET,
  STATEFUL_SET,
  STORAGE_CLASS,
} from '../api/resources.ts';
import type { ApplyContext } from '../apply/apply.ts';
import { ownershipProblem } from '../apply/ownership.ts';
import { hasVolume, isOnCloudNativePg, runsPostgres } from '../builders/engine.ts';
import {
  claimName,
  dataHolder,
  postgresName,
  sealingSecretName,
  tokenSecretName,
} from '../builders/metadata.ts';
import { SEALING_KEY_FIELD, STORE_MADE_FIELD, TOKEN_FIELD } from '../builders/secret.ts';
import type { TokenSecretFacts } from '../checks/checks.ts';
import type { DataSetFacts, SealingSecretFacts } from '../data-set/plan.ts';
import { isForbidden } from '../kube/api-errors.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import type { FoundChildren } from './found-children.ts';

const TEMPLATE_HASH_LABEL = 'pod-template-hash';
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export interface ObserveContext extends ApplyContext {
  cache: FoundChildren;
}

/** The watched children that status is computed from. */
export interface Children {
  claim: KubeObject | undefined;
  deployment: KubeObject | undefined;
  ingress: KubeObject | undefined;
  httpRoute: KubeObject | undefined;
  autoscaler: KubeObject | undefined;
  /** The Postgres that the operator runs, and what is there of its pod. */
  postgres: KubeObject | undefined;
  postgresPods: KubeObject[];
  /** The Postgres that CloudNativePG runs, and whether the API server knows that kind. */
  cluster: KubeObject | undefined;
  servesClusters: boolean;
  pods: KubeObject[];
  endpointSlices: KubeObject[];
}

/** The children of an instance as they are known by now, without somebody else's of their names. */
export function childrenOf(dumbkv: DumbKV, found: FoundChildren): Children {
  const { namespace, name } = dumbkv.metadata;
  const own = (type: ResourceType, childName: string) => {
    const child = found.get(type, namespace, childName);
    const problem = child && ownershipProblem(dumbkv, child);
    return problem?.reason === 'NameConflict' ? undefined : child;
  };
  const pods = found.ofInstance(POD, namespace, name);
  return {
    claim: hasVolume(dumbkv) ? own(CLAIM, claimName(name)) : undefined,
    deployment: own(DEPLOYMENT, name),
    ingress: own(INGRESS, name),
    httpRoute: own(HTTP_ROUTE, name),
    autoscaler: own(AUTOSCALER, name),
    postgres: runsPostgres(dumbkv) ? own(STATEFUL_SET, postgresName(name)) : undefined,
    postgresPods: pods.filter((pod) => isPodOfPostgres(name, pod)),
    cluster: isOnCloudNativePg(dumbkv) ? own(POSTGRES_CLUSTER, postgresName(name)) : undefined,
    servesClusters: found.isServed(POSTGRES_CLUSTER, namespace),
    pods: pods.filter((pod) => isPodOf(name, pod)),
    endpointSlices: found
      .ofInstance(ENDPOINT_SLICE, namespace, name)
      .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === name),
  };
}

/**
 * Anybody can put our labels on a pod: ours is under a ReplicaSet of our Deployment, whose name is
 * made of the Deployment's and the hash of the pod's template.
 */
function isPodOf(deployment: string, { metadata }: KubeObject): boolean {
  const replicaSet = `${deployment}-${metadata.labels?.[TEMPLATE_HASH_LABEL]}`;
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  return controller?.kind === 'ReplicaSet' && controller.name === replicaSet;
}

function isPodOfPostgres(instance: string, { metadata }: KubeObject): boolean {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  return controller?.kind === STATEFUL_SET.kind && controller.name === postgresName(instance);
}

/** Reads what holds the data and the sealing Secret, both live where a new key might be made. */
export async function readDataSet(
  dumbkv: DumbKV,
  { client, cache, signal }: ObserveContext,
): Promise<DataSetFacts> {
  const { namespace, name } = dumbkv.metadata;
  // a claim that is left of another engine is none of this instance's data
  const holder = dataHolder(dumbkv);
  const claim = holder && (await cache.find(holder.type, namespace, holder.name));
  const secret = await client.get(SECRET, namespace, sealingSecretName(name), signal);
  return { claim, sealingSecret: secret && sealingSecretFacts(secret) };
}

/** Reads the Secret that holds the instance's tokens, if it is to have one. */
export async function readTokenSecret(
  dumbkv: DumbKV,
  { client, signal }: ApplyContext,
): Promise<TokenSecretFacts | undefined> {
  const name = tokenSecretName(dumbkv);
  if (name === undefined) return undefined;
  const secret = await client.get(SECRET, dumbkv.metadata.namespace, name, signal);
  if (secret === undefined) return undefined;
  const lines = secretField(secret, TOKEN_FIELD).split('\n');
  const hasToken = lines.some((line) => /^\s*[^\s#]/.test(line));
  return { metadata: secret.metadata, hasToken };
}

/**
 * Whether the storage class that an unbound claim names is missing; false where that cannot be
 * known.
 */
export async function isStorageClassMissing(
  claim: KubeObject | undefined,
  { client, signal }: ApplyContext,
): Promise<boolean> {
  const spec = claim?.spec as { storageClassName?: string; volumeName?: string } | undefined;
  const phase = (claim?.status as { phase?: string } | undefined)?.phase;
  const className = spec?.storageClassName;
  // a claim for a certain volume needs only the name of its class
  if (!className || spec?.volumeName || phase === 'Bound' || phase === 'Lost') return false;
  try {
    return (await client.get(STORAGE_CLASS, undefined, className, signal)) === undefined;
  } catch (error) {
    // an operator that is confined to namespaces may not read storage classes
    if (isForbidden(error)) return false;
    throw error;
  }
}

function sealingSecretFacts(secret: KubeObject): SealingSecretFacts {
  return {
    metadata: secret.metadata,
    fingerprints: fingerprintsIn(secretField(secret, SEALING_KEY_FIELD)),
    isStoreMade: secretField(secret, STORE_MADE_FIELD) !== '',
  };
}

function fingerprintsIn(text: string): string[] {
  try {
    return parseSealingKeyFile(text).map(({ bytes }) => sealingKeyFingerprint(bytes));
  } catch {
    return [];
  }
}

/** A field of a Secret as text; empty where it is not there. */
export function secretField(secret: KubeObject, field: string): string {
  const encoded = (secret.data as Record<string, string> | undefined)?.[field] ?? '';
  return Buffer.from(encoded, 'base64').toString('utf8');
}
