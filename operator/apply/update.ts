// Writes a child that differs from what is asked, no more often than it stays so, and says what is
// wrong where it does not. apply.ts and secrets.ts say how it is written; contention.ts remembers.
import type { DumbKV } from '../../crds/schema.ts';
import type { KubeClient } from '../kube/client.ts';
import { type KubeObject, objectKey, type ResourceType } from '../kube/resource.ts';
import { contentionLimits } from '../limits.ts';
import type { ChildKey, Contention } from './contention.ts';
import { contested, type Trouble, undone } from './trouble.ts';

/** What apply needs to know: a child as it is, asked for if need be; it is told of our writes. */
export interface ChildCache {
  find(type: ResourceType, namespace: string, name: string): Promise<KubeObject | undefined>;
  observeWrite(type: ResourceType, object: KubeObject): void;
  observeRemoval(object: KubeObject): void;
}

export interface ApplyContext {
  client: KubeClient;
  cache: ChildCache;
  signal: AbortSignal;
}

/** What writing children needs besides. */
export interface WriteContext extends ApplyContext {
  contention: Contention;
}

/** What became of a child, and the child as it was left, which may not be all that was asked. */
export interface Applied {
  result: 'created' | 'updated' | 'unchanged';
  live: KubeObject;
  /** What is wrong with it, as long as it does not stay as it is asked. */
  trouble?: Trouble | undefined;
}

/** A child as it is, and what is asked of it. */
export interface Update {
  type: ResourceType;
  live: KubeObject;
  /** Tells one wish from another. */
  wish: string;
  /** The path of a field that is not as it is asked, of the spec first. */
  difference: (object: KubeObject) => string | undefined;
  write: () => Promise<KubeObject>;
  /** Who else writes it, where that can be found out. */
  findRivals?: () => Promise<string>;
  /** What takes an owner off data is never held up; it is remembered apart from the rest. */
  isUrgent?: boolean;
}

/** Writes a child if it differs and it is time to. */
export async function updateChild(
  dumbkv: DumbKV,
  update: Update,
  { cache, contention }: WriteContext,
): Promise<Applied> {
  const { type, live, wish, isUrgent = false } = update;
  const key = keyOf(dumbkv, update);
  const before = contention.recall(key, wish);
  const path = update.difference(live);
  if (path === undefined) {
    const trouble = before?.trouble?.reason === 'Contested' ? before.trouble : undefined;
    return { result: 'unchanged', live, trouble };
  }
  if (!isUrgent && contention.isTooEarly(before)) {
    return { result: 'unchanged', live, trouble: before.trouble };
  }
  let trouble = before?.trouble?.reason === 'Contested' ? before.trouble : undefined;
  const isWorn = before !== undefined && before.writes >= contentionLimits.immediateWrites;
  if (isWorn && before.trouble === undefined) {
    const rivals = (await update.findRivals?.()) || 'somebody';
    trouble = contested(type, live, { path, rivals });
  }
  const written = await update.write();
  cache.observeWrite(type, written);
  const lacking = update.difference(written);
  if (lacking !== undefined) trouble = undone(type, live, lacking);
  // told once: the same words are the same trouble
  if (trouble?.message === before?.trouble?.message) trouble = before?.trouble;
  contention.noteWrite(key, wish, trouble);
  const isNews = written.metadata.resourceVersion !== live.metadata.resourceVersion;
  return { result: isNews ? 'updated' : 'unchanged', live: written, trouble };
}

function keyOf(dumbkv: DumbKV, { type, live, isUrgent }: Update): ChildKey {
  const child = `${type.kind}/${live.metadata.name}${isUrgent ? '/owner' : ''}`;
  return { owner: objectKey(dumbkv.metadata), child };
}
