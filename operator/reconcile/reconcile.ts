// One DumbKV, top to bottom: observe, check, build, apply, report. Whatever happens on the way, its
// status is computed and written in one place, at the end. worker.ts decides when to look again.
import type { Condition, DumbKV, DumbKVStatus } from '../../crds/schema.ts';
import type { Reason } from '../api/conditions.ts';
import type { Problem } from '../api/problem.ts';
import type { ApplyContext } from '../apply/apply.ts';
import type { Contention } from '../apply/contention.ts';
import type { Trouble } from '../apply/trouble.ts';
import type { ClusterNamespaces } from '../builders/network-policy.ts';
import type { Clock } from '../clock.ts';
import { isNamespaceTerminating, isNotFound } from '../kube/api-errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { objectKey } from '../kube/resource.ts';
import { restAt } from '../sleep/schedule.ts';
import { obstacle, type StatusInput, statusOf } from '../status/compute.ts';
import type { RecordEvent } from '../status/events.ts';
import { servingOf } from '../status/serving.ts';
import { claimCapacity } from '../status/storage.ts';
import { writeStatus } from '../status/write.ts';
import { bringAbout } from './bring-about.ts';
import { type ExposureCache, exposureOf } from './exposure.ts';
import { FoundChildren, type InstanceCache } from './found-children.ts';
import { childrenOf, isStorageClassMissing, type ObserveContext } from './observe.ts';
import type { Reachability } from './reachability.ts';
import type { VolumeUsage } from './volume-usage.ts';

/** What reconcile reads of a DumbKV: it comes from the cache, never from an event. */
export interface ReconcileCache extends InstanceCache, ExposureCache {
  dumbkv(key: string): DumbKV | undefined;
}

export interface ReconcileContext {
  client: KubeClient;
  cache: ReconcileCache;
  clock: Clock;
  reachability: Reachability;
  volumeUsage: VolumeUsage;
  contention: Contention;
  recordEvent: RecordEvent;
  /** Told, beside the event, of a child that does not stay as it is asked. */
  onTrouble: (key: string, trouble: Trouble) => void;
  /** The server image of instances that name none. */
  serverImage: string;
  /** The image of Postgres where an instance names none. */
  postgresImage: string;
  /** Those that every instance has to do with. */
  namespaces: ClusterNamespaces;
  imagePrefixes: readonly string[];
}

/** What to look at again by time, beside the resync. */
export interface ReconcileResult {
  /** What no watch reports to be mended. */
  recheck?: Problem;
  /** When a contested child may be put back. */
  contestedSeconds?: number;
  /** When the schedule has the instance sleep or wake, or an old token goes. */
  dueSeconds?: number;
}

/**
 * Brings one DumbKV a step nearer to what it asks.
 * @param key `namespace/name`
 * @throws ApiError, TransportError: the caller tries again with backoff
 */
export async function reconcile(
  key: string,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const dumbkv = context.cache.dumbkv(key);
  if (dumbkv === undefined || dumbkv.metadata.deletionTimestamp !== undefined) {
    // owner references do the rest; nothing new is made for an object that goes
    context.reachability.forget(key);
    context.volumeUsage.forget(key);
    context.contention.forget(key);
    return {};
  }
  try {
    const next = await reconcileLiving(dumbkv, context, signal);
    const contestedSeconds = context.contention.nextSeconds(key);
    return contestedSeconds === undefined ? next : { ...next, contestedSeconds };
  } catch (error) {
    if (isNamespaceTerminating(error) || (isNotFound(error) && !context.cache.dumbkv(key)))
      return {};
    throw error;
  }
}

async function reconcileLiving(
  known: DumbKV,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const { client } = context;
  const nowMs = context.clock.wallTime().getTime();
  // one answer for the whole look, however long it takes
  const rest = restAt(known.spec.sleep, nowMs);
  const dumbkv = { ...known, rest };
  const cache = new FoundChildren(context.cache, client, signal);
  const calls: ObserveContext = { client, cache, signal };
  const obstacles = exposureOf(dumbkv, context.cache);
  const troubles: Trouble[] = [];
  const retirements: number[] = [];
  const { blocked, failure, ...data } = await bringAbout(dumbkv, {
    ...calls,
    serverImage: context.serverImage,
    imagePrefixes: context.imagePrefixes,
    postgresImage: context.postgresImage,
    namespaces: context.namespaces,
    obstacles,
    ...{ contention: context.contention, troubles, nowMs, retirements },
    record: (happening) => context.recordEvent(dumbkv, happening, signal),
  });
  const hindrance = blocked ?? troubles.find(({ isAboutSpec }) => isAboutSpec);
  const oldTokensUntilMs = retirements.at(-1);
  const found = { blocked: hindrance, obstacles, ...data, oldTokensUntilMs };
  const input = await statusInput(dumbkv, found, context, calls);
  await report(dumbkv, { input, troubles }, context, calls);
  if (failure !== undefined) throw failure;
  const dueMs = Math.min(...retirements, rest.changesMs ?? Infinity);
  const isDue = Number.isFinite(dueMs) && { dueSeconds: Math.ceil((dueMs - nowMs) / 1000) };
  return { ...nextLook(input), ...isDue };
}

type FoundOut = 'blocked' | 'obstacles' | 'growthRefusal' | 'loneSecret' | 'oldTokensUntilMs';

async function statusInput(
  dumbkv: DumbKV,
  found: Pick<StatusInput, FoundOut>,
  { clock, reachability, volumeUsage, serverImage, postgresImage }: ReconcileContext,
  calls: ObserveContext,
): Promise<StatusInput> {
  const children = childrenOf(dumbkv, calls.cache);
  const facts = {
    dumbkv,
    children,
    isStorageClassMissing: await isStorageClassMissing(children.claim, calls),
  };
  const serving = servingOf(facts);
  const endpoints = serving.serves ? serving.endpoints : undefined;
  const reach = reachability.look(dumbkv, endpoints);
  const now = `${clock.wallTime().toISOString().slice(0, 19)}Z`;
  const usage = volumeUsage.look(dumbkv, reach, claimCapacity(children.claim));
  return { ...facts, ...found, serverImage, postgresImage, serving, reach, usage, now };
}

/**
 * Writes the status if it is news, tells of readiness gained or lost, and once of each child that
 * does not stay as it is asked.
 */
async function report(
  dumbkv: DumbKV,
  { input, troubles }: { input: StatusInput; troubles: readonly Trouble[] },
  context: ReconcileContext,
  calls: ApplyContext,
): Promise<void> {
  const status = statusOf(input);
  const isNews = await writeStatus(dumbkv, status, calls);
  for (const trouble of troubles.filter(({ isTold }) => !isTold)) {
    trouble.isTold = true;
    context.onTrouble(objectKey(dumbkv.metadata), trouble);
    if (trouble === input.blocked) continue;
    const { reason, message: note } = trouble;
    const happening = { type: 'Warning', reason, action: 'Apply', note } as const;
    await context.recordEvent(dumbkv, happening, calls.signal);
  }
  if (!isNews) return;
  await recordWarnings(dumbkv, status, context, calls);
  const [ready] = status.conditions ?? [];
  const before = dumbkv.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || before?.reason === ready.reason) return;
  const isWarning = status.conditions?.some(({ type }) => type === 'Stalled') ?? false;
  const type = isWarning ? 'Warning' : 'Normal';
  const { reason, message: note } = ready;
  await context.recordEvent(dumbkv, { type, reason, action: 'Report', note }, calls.signal);
}

/** What the conditions of parts warn of is told once: they show it from then on. */
async function recordWarnings(
  dumbkv: DumbKV,
  { conditions = [] }: DumbKVStatus,
  { recordEvent }: ReconcileContext,
  { signal }: ApplyContext,
): Promise<void> {
  for (const warning of WARNINGS) {
    const isIt = ({ reason }: Condition) => reason === warning;
    const found = conditions.find(isIt);
    if (found === undefined || dumbkv.status?.conditions?.some(isIt)) continue;
    const { reason, message: note } = found;
    await recordEvent(dumbkv, { type: 'Warning', reason, action: 'Apply', note }, signal);
  }
}

const WARNINGS: readonly Reason[] = ['ExpansionRefused', 'VolumeAlmostFull', 'NoOwnToken'];

/** What no watch reports is looked at again by time. */
function nextLook(input: StatusInput): ReconcileResult {
  const { blocked } = input;
  if (blocked !== undefined) return { recheck: blocked };
  const problem = obstacle(input);
  return problem?.reason === 'StorageClassNotFound' ? { recheck: problem } : {};
}
