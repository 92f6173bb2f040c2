// Makes one child as it is desired, or finds that it is: created, updated, unchanged, or not ours.
// The answer of each write goes into the cache at once, so that the next reconcile sees its own
// work.
import { createHash } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { APPLIED_HASH_ANNOTATION } from '../builders/metadata.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { firstDifference } from './contains.ts';
import { ownershipProblem } from './ownership.ts';
import { findRivals } from './trouble.ts';
import { applyOver } from './untangle.ts';
import {
  type Applied,
  type ApplyContext,
  type Update,
  updateChild,
  type WriteContext,
} from './update.ts';

export type { ApplyContext, ChildCache } from './update.ts';

/**
 * Brings one child to what is desired, if it is time to.
 * @throws ProblemError if an object of its name is not ours to write, ApiError if the API server
 * refuses
 */
export async function applyChild(
  dumbkv: DumbKV,
  { type, object, beside, confirm }: DesiredChild,
  context: WriteContext,
): Promise<Applied> {
  const { name } = object.metadata;
  const live = await context.cache.find(type, dumbkv.metadata.namespace, name);
  const wanted = (live && beside?.(live)) ?? object;
  const wish = hashOf(wanted);
  const desired = withHash(wanted, wish);
  if (live === undefined) {
    const made = await context.client.apply(type, desired, {}, context.signal);
    context.cache.observeWrite(type, made);
    return { result: 'created', live: made };
  }
  const problem = ownershipProblem(dumbkv, { ...live, kind: type.kind });
  if (problem !== undefined) throw new ProblemError(problem);
  const { spec, ...rest } = desired;
  const update: Update = {
    ...{ type, live, wish },
    difference: (found) => firstDifference(found, { spec, ...rest }),
    write: async () => {
      await confirm?.(live);
      return applyOver(type, live, desired, context);
    },
    findRivals: () => findRivals(type, desired, context),
  };
  return updateChild(dumbkv, update, context);
}

/** Removes a child that is not desired any more, if there is one and it is ours. */
export async function removeChild(
  dumbkv: DumbKV,
  type: ResourceType,
  name: string,
  { client, cache, signal }: ApplyContext,
): Promise<boolean> {
  const live = await cache.find(type, dumbkv.metadata.namespace, name);
  if (live === undefined || ownershipProblem(dumbkv, live) !== undefined) return false;
  const { uid, resourceVersion } = live.metadata;
  await client.remove(type, dumbkv.metadata.namespace, name, { uid, resourceVersion }, signal);
  cache.observeRemoval(live);
  return true;
}

const hashOf = (object: KubeObject): string =>
  createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 32);

/**
 * The hash also tells of a field that is no longer desired, which the live object still contains.
 */
function withHash(object: KubeObject, hash: string): KubeObject {
  const annotations = { ...object.metadata.annotations, [APPLIED_HASH_ANNOTATION]: hash };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
