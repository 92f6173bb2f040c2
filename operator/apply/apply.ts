// Makes one child as it is desired, or finds that it is: created, updated, unchanged, or not ours.
// The answer of each write goes into the cache at once, so that the next reconcile sees its own
// work.
import { createHash } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { APPLIED_HASH_ANNOTATION } from '../builders/metadata.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { contains } from './contains.ts';
import { ownershipProblem } from './ownership.ts';
import { applyOver } from './untangle.ts';

/** What apply needs of the caches: to read a child, and to learn of our own writes. */
export interface ChildCache {
  get(type: ResourceType, namespace: string, name: string): KubeObject | undefined;
  observeWrite(type: ResourceType, object: KubeObject): void;
}

export interface ApplyContext {
  client: KubeClient;
  cache: ChildCache;
  signal: AbortSignal;
}

export type ApplyResult = 'created' | 'updated' | 'unchanged';

/**
 * Brings one child to what is desired.
 * @throws ProblemError if an object of its name is not ours to write, ApiError if the API server
 * refuses
 */
export async function applyChild(
  dumbkv: DumbKV,
  { type, object }: DesiredChild,
  context: ApplyContext,
): Promise<ApplyResult> {
  const desired = withHash(object);
  const { name } = desired.metadata;
  const namespace = dumbkv.metadata.namespace;
  const live =
    context.cache.get(type, namespace, name) ??
    (await context.client.get(type, namespace, name, context.signal));
  if (live === undefined) {
    const made = await context.client.apply(type, desired, {}, context.signal);
    context.cache.observeWrite(type, made);
    return 'created';
  }
  const problem = ownershipProblem(dumbkv, { ...live, kind: type.kind });
  if (problem !== undefined) throw new ProblemError(problem);
  if (isUpToDate(live, desired)) return 'unchanged';
  const written = await applyOver(type, live, desired, context);
  context.cache.observeWrite(type, written);
  // an admission policy may undo what is asked, each time: then nothing happened
  const isChanged = written.metadata.resourceVersion !== live.metadata.resourceVersion;
  return isChanged ? 'updated' : 'unchanged';
}

/** Removes a child that is not desired any more, if there is one and it is ours. */
export async function removeChild(
  dumbkv: DumbKV,
  type: ResourceType,
  name: string,
  { client, cache, signal }: ApplyContext,
): Promise<boolean> {
  const live = cache.get(type, dumbkv.metadata.namespace, name);
  if (live === undefined || ownershipProblem(dumbkv, live) !== undefined) return false;
  const { uid, resourceVersion } = live.metadata;
  await client.remove(type, dumbkv.metadata.namespace, name, { uid, resourceVersion }, signal);
  return true;
}

function isUpToDate(live: KubeObject, desired: KubeObject): boolean {
  const hash = desired.metadata.annotations?.[APPLIED_HASH_ANNOTATION];
  return live.metadata.annotations?.[APPLIED_HASH_ANNOTATION] === hash && contains(live, desired);
}

/**
 * The hash also tells of a field that is no longer desired, which the live object still contains.
 */
function withHash(object: KubeObject): KubeObject {
  const hash = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 32);
  const annotations = { ...object.metadata.annotations, [APPLIED_HASH_ANNOTATION]: hash };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
