// Makes one child as it is desired, or finds that it is: created, updated, unchanged, or not ours.
// The answer of each write goes into the cache at once, so that the next reconcile sees its own
// work.
import { createHash } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { APPLIED_HASH_ANNOTATION } from '../builders/metadata.ts';
import type { KubeClient } from '../kube/client.ts';
import { type KubeObject, objectKey, type ResourceType } from '../kube/resource.ts';
import { contentionLimits } from '../limits.ts';
import { contains, firstDifference } from './contains.ts';
import type { ChildKey, Contention } from './contention.ts';
import { ownershipProblem } from './ownership.ts';
import { contested, type Trouble, undone } from './trouble.ts';
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

/** What writing children needs besides. */
export interface WriteContext extends ApplyContext {
  contention: Contention;
  /** Told, once, of a child that does not stay as it is asked. */
  warn: (trouble: Trouble) => Promise<void>;
}

/** What became of a child, and the child as it was left, which may not be all that was asked. */
export interface Applied {
  result: 'created' | 'updated' | 'unchanged';
  live: KubeObject;
}

/**
 * Brings one child to what is desired, if it is time to.
 * @throws ProblemError if an object of its name is not ours to write, ApiError if the API server
 * refuses
 */
export async function applyChild(
  dumbkv: DumbKV,
  { type, object }: DesiredChild,
  context: WriteContext,
): Promise<Applied> {
  const desired = withHash(object);
  const { name } = desired.metadata;
  const namespace = dumbkv.metadata.namespace;
  const live =
    context.cache.get(type, namespace, name) ??
    (await context.client.get(type, namespace, name, context.signal));
  if (live === undefined) {
    const made = await context.client.apply(type, desired, {}, context.signal);
    context.cache.observeWrite(type, made);
    return { result: 'created', live: made };
  }
  const problem = ownershipProblem(dumbkv, { ...live, kind: type.kind });
  if (problem !== undefined) throw new ProblemError(problem);
  if (contains(live, desired)) return { result: 'unchanged', live };
  const key = { owner: objectKey(dumbkv.metadata), child: `${type.kind}/${name}` };
  return update(type, live, desired, { key, ...context });
}

async function update(
  type: ResourceType,
  live: KubeObject,
  desired: KubeObject,
  { key, ...context }: WriteContext & { key: ChildKey },
): Promise<Applied> {
  const { cache, contention, warn } = context;
  const hash = desired.metadata.annotations?.[APPLIED_HASH_ANNOTATION] ?? '';
  if (contention.isTooEarly(key, hash, live)) return { result: 'unchanged', live };
  const before = contention.recall(key, hash);
  if (before?.writes === contentionLimits.immediateWrites && !before.undoneVersion) {
    await warn(await contested(type, desired, context));
  }
  const written = await applyOver(type, live, desired, context);
  cache.observeWrite(type, written);
  const { resourceVersion } = written.metadata;
  const lacking = firstDifference(written, desired);
  contention.noteWrite(key, hash, lacking === undefined ? undefined : resourceVersion);
  if (lacking !== undefined && !before?.undoneVersion) await warn(undone(written, lacking));
  const isNews = resourceVersion !== live.metadata.resourceVersion;
  return { result: isNews ? 'updated' : 'unchanged', live: written };
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

/**
 * The hash also tells of a field that is no longer desired, which the live object still contains.
 */
function withHash(object: KubeObject): KubeObject {
  const hash = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 32);
  const annotations = { ...object.metadata.annotations, [APPLIED_HASH_ANNOTATION]: hash };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
