// Brings an instance's children to what its DumbKV asks: data set, token, then every other child in
// order. Stops at the first thing that cannot be done; reconcile.ts reports how far it came.
import { randomBytes, randomUUID } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { type Problem, ProblemError } from '../api/problem.ts';
import { INGRESS } from '../api/resources.ts';
import { applyChild, removeChild } from '../apply/apply.ts';
import { createSecret, updateSealingSecretMetadata } from '../apply/secrets.ts';
import { desiredChildren } from '../builders/desired.ts';
import {
  ownTokenSecretName,
  type StoreIdentity,
  sealingSecretName,
  tokenSecretName,
} from '../builders/metadata.ts';
import { sealingSecret, tokenSecret } from '../builders/secret.ts';
import { firstProblem } from '../checks/checks.ts';
import { type DataSetPlan, dataSetPlan } from '../data-set/plan.ts';
import { ApiError, isNamespaceTerminating } from '../kube/api-errors.ts';
import type { Happening } from '../status/events.ts';
import { type ObserveContext, readDataSet, readTokenSecret } from './observe.ts';

const SEALING_KEY_BYTES = 32;
const TOKEN_BYTES = 32;

export interface BringAboutContext extends ObserveContext {
  imagePrefixes: readonly string[];
  image: string;
  record: (happening: Happening) => Promise<void>;
}

/**
 * Does all that can be done now.
 * @returns what stopped it, or undefined when every child is as desired
 * @throws ApiError on conflicts and passing failures, which a retry mends
 */
export async function bringAbout(
  dumbkv: DumbKV,
  context: BringAboutContext,
): Promise<Problem | undefined> {
  const tokens = await readTokenSecret(dumbkv, context);
  const problem = firstProblem({
    dumbkv,
    imagePrefixes: context.imagePrefixes,
    tokenSecret: tokens,
  });
  if (problem !== undefined) return problem;
  try {
    const store = await settleDataSet(dumbkv, context);
    if (tokens === undefined && tokenSecretName(dumbkv) !== undefined) {
      await createToken(dumbkv, context);
    }
    await applyChildren(dumbkv, store, context);
    return undefined;
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    const refusal = refusedChild(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** Makes, adopts or keeps the sealing Secret, and says whose store it is. */
async function settleDataSet(dumbkv: DumbKV, context: BringAboutContext): Promise<StoreIdentity> {
  let facts = await readDataSet(dumbkv, context);
  let plan: DataSetPlan = dataSetPlan(dumbkv, facts);
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
  const { metadata } = facts.sealingSecret;
  const isNews = await updateSealingSecretMetadata(dumbkv, metadata, plan.store, context);
  // told once, though the claim may be refused again and again and stay the earlier DumbKV's
  if (plan.adopted && isNews) {
    const note =
      `Adopted the data of store ${plan.store.storeId}, ` +
      'which an earlier DumbKV of this name left.';
    await context.record({ type: 'Normal', reason: 'Adopted', action: 'Adopt', note });
  }
  return plan.store;
}

async function createToken(dumbkv: DumbKV, context: BringAboutContext): Promise<void> {
  await createSecret(tokenSecret(dumbkv, randomBytes(TOKEN_BYTES).toString('base64url')), context);
  await context.record(created('Secret', ownTokenSecretName(dumbkv.metadata.name)));
}

async function applyChildren(
  dumbkv: DumbKV,
  store: StoreIdentity,
  context: BringAboutContext,
): Promise<void> {
  for (const child of desiredChildren(dumbkv, store, context.image)) {
    const result = await applyChild(dumbkv, child, context);
    const { kind } = child.type;
    const { name } = child.object.metadata;
    if (result === 'created') await context.record(created(kind, name));
    if (result === 'updated') {
      const note = `Updated ${kind} "${name}".`;
      await context.record({ type: 'Normal', reason: 'Updated', action: 'Apply', note });
    }
  }
  if (dumbkv.spec.ingress === undefined) {
    await removeChild(dumbkv, INGRESS, dumbkv.metadata.name, context);
  }
}

const created = (kind: string, name: string): Happening => ({
  type: 'Normal',
  reason: 'Created',
  action: 'Create',
  note: `Created ${kind} "${name}".`,
});

/** A refusal that a retry does not mend, such as a quota or a policy: the user must hear of it. */
function refusedChild(error: unknown): Problem | undefined {
  const isRefusal = error instanceof ApiError && [400, 403, 422].includes(error.statusCode);
  if (!isRefusal || isNamespaceTerminating(error)) return undefined;
  const said = error.message.replace(/\.$/, '');
  const message = `The API server refused a child: ${said}. Mend what it names; it is tried again.`;
  return { reason: 'ChildRejected', message };
}
