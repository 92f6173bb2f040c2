// What to do about the data of an instance, which is its claim and its sealing Secret: use them,
// adopt what an earlier DumbKV left, make them, or stop. Pure; reconcile/data-set.ts carries the
// plan out. On CloudNativePG the Cluster takes the place of the claim.
//
//   claim  Secret
//   -      -       make both, the key first: no data can be sealed with a key that is not kept
//   -      there   make the claim for this key (killed between the two, or the claim was removed)
//   there  -       stop, whatever marks the claim has: there may be data that cannot be opened, and
//                  a new key would pretend that it can; one that goes is waited for
//   there  there   use them if they belong together and may be used by this DumbKV
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { CLAIM, SECRET } from '../api/resources.ts';
import { ownershipProblem } from '../apply/ownership.ts';
import { dataPlace } from '../builders/engine.ts';
import {
  ADOPT_LABEL,
  dataHolder,
  ENGINE_ANNOTATION,
  FINGERPRINT_ANNOTATION,
  OWNER_UID_ANNOTATION,
  STORE_ID_LABEL,
  type StoreIdentity,
  sealingSecretName,
} from '../builders/metadata.ts';
import type { KubeObject, ObjectMeta } from '../kube/resource.ts';

/** What is known of the sealing Secret; the keys themselves are never kept. */
export interface SealingSecretFacts {
  metadata: ObjectMeta;
  /**
   * Fingerprints of the keys it holds, the active one first; empty if it holds none that can be
   * read.
   */
  fingerprints: string[];
  /** Whether it says that the store was made. */
  isStoreMade: boolean;
}

export interface DataSetFacts {
  /** The claim of the instance's name, or its Cluster, whoever it belongs to. */
  claim: KubeObject | undefined;
  sealingSecret: SealingSecretFacts | undefined;
}

export type DataSetPlan =
  | { action: 'create' }
  | { action: 'use'; store: StoreIdentity; adopted: boolean }
  | { action: 'stop'; problem: Problem };

/** Decides what to do about an instance's data. */
export function dataSetPlan(dumbkv: DumbKV, { claim, sealingSecret }: DataSetFacts): DataSetPlan {
  if (sealingSecret === undefined) {
    if (claim === undefined) return { action: 'create' };
    const problem = claimIsNotOurs(dumbkv, claim);
    // a fingerprint tells what is missing, whatever other marks the claim lost
    const isSealed = claim.metadata.annotations?.[FINGERPRINT_ANNOTATION] !== undefined;
    const isKnown = problem === undefined || (isSealed && problem.reason === 'NameConflict');
    return stop(isKnown ? keyIsMissing(dumbkv, claim) : problem);
  }
  const problem =
    terminating(dumbkv, claim, sealingSecret) ??
    claimIsNotOurs(dumbkv, claim) ??
    secretIsNotOurs(dumbkv, claim, sealingSecret) ??
    keyIsAnother(dumbkv, claim, sealingSecret) ??
    (isAdoption(dumbkv, claim, sealingSecret)
      ? adoptionIsRefused(dumbkv, claim, sealingSecret)
      : undefined);
  if (problem !== undefined) return stop(problem);
  const adopted = isAdoption(dumbkv, claim, sealingSecret);
  return { action: 'use', store: storeIdentity(claim?.metadata, sealingSecret.metadata), adopted };
}

/** The claim's word before the Secret's: a Secret put back by hand may have lost its metadata. */
function storeIdentity(claim: ObjectMeta | undefined, secret: ObjectMeta): StoreIdentity {
  return {
    storeId: claim?.labels?.[STORE_ID_LABEL] ?? secret.labels?.[STORE_ID_LABEL] ?? '',
    fingerprint:
      claim?.annotations?.[FINGERPRINT_ANNOTATION] ??
      secret.annotations?.[FINGERPRINT_ANNOTATION] ??
      '',
  };
}

const stop = (problem: Problem): DataSetPlan => ({ action: 'stop', problem });

/** Somebody else's, without a mark, or going: the garbage collector may take the Secret first. */
function claimIsNotOurs(dumbkv: DumbKV, claim: KubeObject | undefined): Problem | undefined {
  return claim && ownershipProblem(dumbkv, { ...claim, kind: holderOf(dumbkv).kind });
}

/** What holds the data, as messages call it. */
function holderOf(dumbkv: DumbKV): { kind: string; word: string } {
  const kind = dataHolder(dumbkv)?.type.kind ?? CLAIM.kind;
  return { kind, word: kind === CLAIM.kind ? 'claim' : kind };
}

function keyIsMissing(dumbkv: DumbKV, claim: KubeObject): Problem {
  const secret = sealingSecretName(dumbkv.metadata.name);
  const { kind, word } = holderOf(dumbkv);
  const fingerprint = claim.metadata.annotations?.[FINGERPRINT_ANNOTATION] ?? 'unknown';
  return {
    reason: 'SealingKeyMissing',
    message:
      `${kind} "${claim.metadata.name}" holds data sealed with the key ` +
      `${fingerprint}, but Secret "${secret}" is missing. Put the Secret back from a copy; ` +
      `without it the data cannot be opened. To start empty instead, delete the ${word}.`,
  };
}

function terminating(
  dumbkv: DumbKV,
  claim: KubeObject | undefined,
  sealingSecret: SealingSecretFacts,
): Problem | undefined {
  const leaving = [claim?.metadata, sealingSecret.metadata].find(
    (metadata) => metadata?.deletionTimestamp,
  );
  return (
    leaving && {
      reason: 'Terminating',
      message:
        `"${leaving.name}", part of the data of "${dumbkv.metadata.name}", is being deleted; ` +
        'waiting until it is gone.',
    }
  );
}

/** Where there is data, a Secret without our marks may be its key, put back by hand. */
function secretIsNotOurs(
  dumbkv: DumbKV,
  claim: KubeObject | undefined,
  { metadata }: SealingSecretFacts,
): Problem | undefined {
  const mayBePutBack = claim !== undefined && (metadata.ownerReferences ?? []).length === 0;
  return mayBePutBack ? undefined : ownershipProblem(dumbkv, { kind: SECRET.kind, metadata });
}

function keyIsAnother(
  dumbkv: DumbKV,
  claim: KubeObject | undefined,
  { metadata, fingerprints }: SealingSecretFacts,
): Problem | undefined {
  const { storeId, fingerprint } = storeIdentity(claim?.metadata, metadata);
  const place = dataHolder(dumbkv)?.name ?? dumbkv.metadata.name;
  const ownStoreId = metadata.labels?.[STORE_ID_LABEL];
  const sameStore = storeId !== '' && (ownStoreId === undefined || ownStoreId === storeId);
  if (sameStore && fingerprints.includes(fingerprint)) return undefined;
  return {
    reason: 'SealingKeyMismatch',
    message:
      `Secret "${metadata.name}" does not hold the key ${fingerprint || '(unknown)'} that the ` +
      `data of "${place}" was sealed with, or its store id differs. ` +
      'Put back the Secret that belongs to this data.',
  };
}

/**
 * Whether another DumbKV used the data last. A Secret put back by hand may not say: the claim does.
 */
function isAdoption(
  dumbkv: DumbKV,
  claim: KubeObject | undefined,
  sealingSecret: SealingSecretFacts,
): boolean {
  const users = [claim?.metadata, sealingSecret.metadata].flatMap(
    (metadata) => metadata?.annotations?.[OWNER_UID_ANNOTATION] ?? [],
  );
  return users.length === 0 || users.some((uid) => uid !== dumbkv.metadata.uid);
}

function adoptionIsRefused(
  dumbkv: DumbKV,
  claim: KubeObject | undefined,
  sealingSecret: SealingSecretFacts,
): Problem | undefined {
  const parts = [claim?.metadata, sealingSecret.metadata].filter((part) => part !== undefined);
  const refusing = parts.find((metadata) => metadata.labels?.[ADOPT_LABEL] === 'Never');
  if (refusing !== undefined) {
    return {
      reason: 'AdoptionRefused',
      message:
        `"${refusing.name}" keeps the data of an earlier DumbKV and carries the label ` +
        `${ADOPT_LABEL}: Never. Remove the label to use this data, or choose another name.`,
    };
  }
  const place = dataPlace(dumbkv);
  const other = parts.find(
    ({ annotations }) => (annotations?.[ENGINE_ANNOTATION] ?? place) !== place,
  );
  return (
    other && {
      reason: 'AdoptionRefused',
      message:
        `"${other.name}" keeps data of the engine "${other.annotations?.[ENGINE_ANNOTATION]}", ` +
        `not "${place}". Choose another name, or delete the retained ` +
        `${holderOf(dumbkv).word} and Secret.`,
    }
  );
}
