// Carries out what data-set/plan.ts decides about an instance's claim, or its Cluster of
// CloudNativePG in its place, and sealing Secret. Owner
// references are what deletes data, so they go first under Retain, and under Delete reach the
// Secret last.
import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import { CLAIM, DUMBKV, POSTGRES_CLUSTER, SECRET } from '../api/resources.ts';
import { applyChild } from '../apply/apply.ts';
import { goesWith, isOwnedBy } from '../apply/ownership.ts';
import { createSecret, releaseData, updateSecretMetadata } from '../apply/secrets.ts';
import type { Applied } from '../apply/update.ts';
import { claim } from '../builders/claim.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { isOnCloudNativePg } from '../builders/engine.ts';
import {
  dataHolder,
  dataSetMetadata,
  type StoreIdentity,
  sealingSecretName,
} from '../builders/metadata.ts';
import { sealingSecret } from '../builders/secret.ts';
import { clusterKindProblem } from '../checks/cluster-kind.ts';
import { type DataSetFacts, dataSetPlan } from '../data-set/plan.ts';
import { type ApiError, isForbidden, isInvalid } from '../kube/api-errors.ts';
import type { KubeObject, ObjectMeta, ResourceType } from '../kube/resource.ts';
import { created, gather, type TellingContext, tell } from './happenings.ts';
import { readDataSet } from './observe.ts';
import { clusterWish } from './postgres-cluster.ts';

const SEALING_KEY_BYTES = 32;

/** Whose store an instance has, and what is known of the Secret with its key. */
export interface SettledKey {
  store: StoreIdentity;
  secret: NonNullable<DataSetFacts['sealingSecret']>;
  claim: KubeObject | undefined;
  adopted: boolean;
}

/**
 * Reads the data set, and before anything else is looked at takes this DumbKV's owner references
 * off what must not go with it: under Retain both parts, and the Secret wherever its claim would
 * stay. Whatever is wrong otherwise, deleting the DumbKV must not leave data that nobody can read.
 * The claim comes last, since the status tells the policy by it.
 * @throws ProblemError if the data is in an object of a kind that the API server does not know
 */
export async function readReleasedDataSet(
  dumbkv: DumbKV,
  context: TellingContext,
): Promise<DataSetFacts> {
  const holder = dataHolder(dumbkv);
  if (holder?.type === POSTGRES_CLUSTER) {
    const isServed = context.cache.isServed(holder.type, dumbkv.metadata.namespace);
    const problem = clusterKindProblem(isServed);
    if (problem !== undefined) throw new ProblemError(problem);
  }
  const facts = await readDataSet(dumbkv, context);
  const { claim: live, sealingSecret: secret } = facts;
  const isRetained = dumbkv.spec.deletionPolicy === 'Retain';
  const stays = isRetained || (live !== undefined && !goesWith(dumbkv, live));
  const release = async (type: ResourceType, part: Pick<KubeObject, 'metadata'> | undefined) =>
    part && gather(await releaseData(dumbkv, type, part, context), context).result === 'updated';
  const isSecretNews = stays && (await release(SECRET, secret));
  const isClaimNews = isRetained && (await release(holder?.type ?? CLAIM, live));
  return isSecretNews || isClaimNews ? readDataSet(dumbkv, context) : facts;
}

/**
 * Finds or makes the key of an instance's data.
 * @throws ProblemError if the data cannot be used, or not with the key that is there
 */
export async function settleKey(
  dumbkv: DumbKV,
  found: DataSetFacts,
  context: TellingContext,
): Promise<SettledKey> {
  let facts = found;
  let plan = dataSetPlan(dumbkv, facts);
  if (plan.action === 'create') {
    const fresh = { storeId: randomUUID(), sealingKey: randomBytes(SEALING_KEY_BYTES) };
    await createSecret(sealingSecret(dumbkv, fresh), context);
    await context.record(created('Secret', sealingSecretName(dumbkv.metadata.name)));
    facts = await readDataSet(dumbkv, context);
    plan = dataSetPlan(dumbkv, facts);
  }
  if (plan.action === 'stop') throw new ProblemError(plan.problem);
  if (plan.action === 'create' || facts.sealingSecret === undefined) {
    throw new Error('The sealing Secret vanished right after it was made; reading it again.');
  }
  const { store, adopted } = plan;
  return { store, adopted, secret: facts.sealingSecret, claim: facts.claim };
}

/** How the data of an instance was left. */
export interface SettledData {
  /** Why the volume may not grow, in the API server's words. */
  growthRefusal?: string | undefined;
  /** The Secret with the sealing key, where there is no claim beside it, or none to be read. */
  loneSecret?: Pick<KubeObject, 'metadata'> | 'unread' | undefined;
}

/** Brings what holds the data, if anything of the instance does, and its key to what is asked. */
export const settleData = async (
  dumbkv: DumbKV,
  key: SettledKey,
  context: TellingContext,
): Promise<SettledData> =>
  dataHolder(dumbkv)
    ? { growthRefusal: await settleHolder(dumbkv, key, context) }
    : { loneSecret: await settleLoneSecret(dumbkv, key, context) };

/**
 * Keeps the Secret's metadata in step where there is no claim beside it.
 * @returns the Secret, as far as metadata goes
 */
async function settleLoneSecret(
  dumbkv: DumbKV,
  { store, secret }: SettledKey,
  context: TellingContext,
): Promise<KubeObject> {
  const asked = dataSetMetadata(dumbkv, sealingSecretName(dumbkv.metadata.name), store);
  await confirmOwning(dumbkv, secret.metadata, context);
  return gather(await updateSecretMetadata(dumbkv, secret.metadata, asked, context), context).live;
}

/**
 * An owner is what deletes data, so none is given on the word of a cache that is behind: the policy
 * may be another by now, and whoever reads the status relies on it. The patch changes nothing, but
 * is refused where the DumbKV is not the one that is known.
 * @throws ApiError a conflict
 */
async function confirmOwning(
  dumbkv: DumbKV,
  part: ObjectMeta,
  { client, signal }: TellingContext,
): Promise<void> {
  const { metadata, spec } = dumbkv;
  const { namespace, name, uid, resourceVersion } = metadata;
  if (spec.deletionPolicy === 'Retain' || isOwnedBy(dumbkv, part)) return;
  const patch = { metadata: { uid, resourceVersion } };
  await client.mergePatch(DUMBKV, namespace, name, patch, signal, 'status');
}

/**
 * Brings the claim, or the Cluster, to what is asked, and then the Secret's metadata in step with
 * it: with an owner only if the claim was left with one. A Secret that goes with the DumbKV while
 * its claim stays would make the data unreadable for ever.
 * @returns why the claim may not grow, if the API server refuses that
 */
async function settleHolder(
  dumbkv: DumbKV,
  { store, secret, claim: live, adopted }: SettledKey,
  context: TellingContext,
): Promise<string | undefined> {
  const applyHolder = isOnCloudNativePg(dumbkv) ? applyCluster : applyClaim;
  const { desired, applied, refusal } = await applyHolder(dumbkv, store, live, context);
  await tell(desired, applied, context);
  const asked = dataSetMetadata(dumbkv, sealingSecretName(dumbkv.metadata.name), store);
  const { ownerReferences: _, ...unowned } = asked;
  const goes = await isGoing(dumbkv, desired.type, applied, secret, context);
  const { metadata } = goes
    ? secret
    : gather(await releaseData(dumbkv, SECRET, secret, context), context).live;
  const inStep = goes ? asked : unowned;
  const marked = gather(await updateSecretMetadata(dumbkv, metadata, inStep, context), context);
  if (!adopted || marked.result !== 'updated') return refusal;
  const note = `Adopted the data of store ${store.storeId}, left by an earlier DumbKV.`;
  await context.record({ type: 'Normal', reason: 'Adopted', action: 'Adopt', note });
  return refusal;
}

interface AppliedHolder {
  desired: DesiredChild;
  applied: Applied;
  refusal?: string;
}

async function applyCluster(
  dumbkv: DumbKV,
  store: StoreIdentity,
  live: KubeObject | undefined,
  context: TellingContext,
): Promise<AppliedHolder> {
  const desired = {
    ...clusterWish(dumbkv, store, live, context),
    confirm: ({ metadata }: KubeObject) => confirmOwning(dumbkv, metadata, context),
  };
  return { desired, applied: await applyChild(dumbkv, desired, context) };
}

/**
 * Whether the claim, or the Cluster, goes with its DumbKV; where that would have the Secret go too,
 * one that is only remembered is looked at live: it may have been let go of meanwhile.
 */
async function isGoing(
  dumbkv: DumbKV,
  type: ResourceType,
  { result, live }: Applied,
  secret: Pick<KubeObject, 'metadata'>,
  { client, signal }: TellingContext,
): Promise<boolean> {
  if (!goesWith(dumbkv, live)) return false;
  if (result !== 'unchanged' || isOwnedBy(dumbkv, secret.metadata)) return true;
  const { namespace, name } = live.metadata;
  const holder = await client.get(type, namespace, name, signal);
  return holder !== undefined && goesWith(dumbkv, holder);
}

/** A growth that is refused keeps nothing else of the claim from being brought about. */
async function applyClaim(
  dumbkv: DumbKV,
  store: StoreIdentity,
  live: KubeObject | undefined,
  context: TellingContext,
): Promise<AppliedHolder> {
  const [desired, asBefore] = [true, false].map((mayGrow) => ({
    type: CLAIM,
    object: claim(dumbkv, store, live, mayGrow),
    confirm: ({ metadata }: KubeObject) => confirmOwning(dumbkv, metadata, context),
  })) as [DesiredChild, DesiredChild];
  try {
    return { desired, applied: await applyChild(dumbkv, desired, context) };
  } catch (error) {
    const isGrowth = live !== undefined && !isDeepStrictEqual(desired.object, asBefore.object);
    if (!isGrowth || !(isForbidden(error) || isInvalid(error))) throw error;
    const applied = await applyChild(dumbkv, asBefore, context);
    return { desired: asBefore, applied, refusal: (error as ApiError).message };
  }
}
