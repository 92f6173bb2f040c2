// Brings an instance's children to what its DumbKV asks: data first, then what pods need, then the
// pods, then the way in from outside. Each step is tried whatever became of the others
// (attempts.ts).
import type { DumbKV } from '../../crds/schema.ts';
import { type Problem, ProblemError } from '../api/problem.ts';
import {
  DEPLOYMENT,
  HTTP_ROUTE,
  INGRESS,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '../api/resources.ts';
import { applyChild, removeChild } from '../apply/apply.ts';
import { isOwnedBy, ownershipProblem } from '../apply/ownership.ts';
import { deployment, wantedReplicas } from '../builders/deployment.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { dataHolder, OWNER_UID_ANNOTATION, postgresName } from '../builders/metadata.ts';
import type { ClusterNamespaces } from '../builders/network-policy.ts';
import {
  networkPolicies,
  type Obstacles,
  type OptionalChild,
  optionalChildren,
} from '../builders/optional-children.ts';
import { service, serviceAccount } from '../builders/service.ts';
import { firstProblem, type TokenSecretFacts } from '../checks/checks.ts';
import { databaseSecretProblem } from '../checks/database-secret.ts';
import type { DataSetFacts } from '../data-set/plan.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { Attempts } from './attempts.ts';
import { readReleasedDataSet, type SettledData, settleData } from './data-set.ts';
import { type DatabaseContext, readDatabaseSecret, settleDatabase } from './database.ts';
import type { FoundChildren } from './found-children.ts';
import { tell } from './happenings.ts';
import { readTokenSecret } from './observe.ts';
import { awaitedDatabase } from './postgres-cluster.ts';
import { mayHaveServers } from './server-pods.ts';
import { settleMarkedKey } from './store-mark.ts';
import { settleTokens, type TokenContext } from './tokens.ts';

export interface BringAboutContext extends DatabaseContext, TokenContext {
  imagePrefixes: readonly string[];
  /** The server image where the spec names none. */
  serverImage: string;
  namespaces: ClusterNamespaces;
  obstacles: Obstacles;
}

/** What stopped a reconcile, if anything did, and a failure that calls for another try. */
export interface BroughtAbout extends SettledData {
  blocked: Problem | undefined;
  failure: unknown;
}

/** What cannot be read may still have its owner. */
const UNREAD = { sealingSecret: 'unread' } as const;

/**
 * Does all that can be done now.
 * @throws ApiError on conflicts, TransportError, NotLeaderError: the reconcile begins anew
 */
export async function bringAbout(
  dumbkv: DumbKV,
  context: BringAboutContext,
): Promise<BroughtAbout> {
  const attempts = new Attempts();
  const data = await attempts.make(() => readReleasedDataSet(dumbkv, context));
  const tokens = await attempts.make(() => readTokens(dumbkv, context));
  const checked = tokens && (await attempts.make(() => check(dumbkv, tokens, context)));
  const isMade = wasMade(dumbkv, context);
  const { sealingSecret } = data ?? UNREAD;
  const loneSecret = data && dataHolder(dumbkv) ? undefined : sealingSecret;
  const found = { tokens, checked, data, isMade };
  // of an instance that never was, nothing is made before what was asked is sound
  const settled =
    (isMade || checked !== undefined) && (await applyAll(dumbkv, found, attempts, context));
  return { blocked: attempts.problems[0], failure: attempts.failure, loneSecret, ...settled };
}

async function applyAll(
  dumbkv: DumbKV,
  { tokens, checked, data, isMade }: Found,
  attempts: Attempts,
  context: BringAboutContext,
): Promise<SettledData | undefined> {
  const apply = (child: DesiredChild) =>
    attempts.make(async () => tell(child, await applyChild(dumbkv, child, context), context));
  const settle = async (children: readonly OptionalChild[]) => {
    for (const { type, name, object, problem } of children) {
      if (problem !== undefined) attempts.problems.push(problem);
      if (object !== undefined) await apply({ type, object });
      else if (mayBeThere(dumbkv, { type, name, isMade }, context)) {
        await attempts.make(() => removeChild(dumbkv, type, name, context));
      }
    }
  };
  const key = data && (await attempts.make(() => settleMarkedKey(dumbkv, data, context)));
  // whatever else is wrong, old tokens go when their time is over
  if (tokens !== undefined) {
    await attempts.make(() => settleTokens(dumbkv, tokens.secret, context));
  }
  const settled = key && (await attempts.make(() => settleData(dumbkv, key, context)));
  await apply({ type: SERVICE_ACCOUNT, object: serviceAccount(dumbkv) });
  await apply({ type: SERVICE, object: service(dumbkv) });
  await settle(networkPolicies(dumbkv, context.namespaces));
  const awaited = checked && awaitedDatabase(dumbkv, checked.database, context);
  if (awaited !== undefined) attempts.problems.push(awaited);
  // nothing may touch data whose use was refused: its key says whether it was
  if (checked && key !== undefined && !awaited && hasData(dumbkv, context)) {
    await attempts.make(() => settleDatabase(dumbkv, checked.database, context));
    const settings = { image: context.serverImage, storeId: key.store.storeId };
    const beside = (live: KubeObject) => deployment(dumbkv, settings, live);
    await apply({ type: DEPLOYMENT, object: deployment(dumbkv, settings), beside });
  } else {
    for (const pods of [podsOfServer, podsOfPostgres]) {
      await attempts.make(() => stopPods(dumbkv, pods, context));
    }
  }
  await settle(optionalChildren(dumbkv, context.obstacles));
  return settled;
}

/** What was read before anything is made; of each, undefined where it could not be had. */
interface Found {
  tokens: Tokens | undefined;
  checked: Checked | undefined;
  data: DataSetFacts | undefined;
  /** Whether there were children before. */
  isMade: boolean;
}

interface Tokens {
  /** Undefined where it is not there, and has to be made if it is the operator's own. */
  secret: TokenSecretFacts | undefined;
}

/** What was asked is sound. */
interface Checked {
  /** The Secret by which the server finds its Postgres. */
  database: KubeObject | undefined;
}

const readTokens = async (dumbkv: DumbKV, context: BringAboutContext): Promise<Tokens> => ({
  secret: await readTokenSecret(dumbkv, context),
});

async function check(dumbkv: DumbKV, tokens: Tokens, context: BringAboutContext): Promise<Checked> {
  const database = await readDatabaseSecret(dumbkv, context);
  const { imagePrefixes } = context;
  const problem =
    firstProblem({ dumbkv, imagePrefixes, tokenSecret: tokens.secret }) ??
    databaseSecretProblem(dumbkv, database);
  if (problem !== undefined) throw new ProblemError(problem);
  return { database };
}

/** Whether this very DumbKV has had its claim made or adopted, or its pods. */
function wasMade(dumbkv: DumbKV, { cache }: BringAboutContext): boolean {
  const { namespace, name, uid } = dumbkv.metadata;
  const holder = dataHolder(dumbkv);
  if (holder === undefined) {
    const live = cache.get(DEPLOYMENT, namespace, name);
    return live !== undefined && isOwnedBy(dumbkv, live.metadata);
  }
  const claim = cache.get(holder.type, namespace, holder.name);
  if (claim === undefined) return false;
  const user = claim.metadata.annotations?.[OWNER_UID_ANNOTATION];
  return user === uid || isOwnedBy(dumbkv, claim.metadata);
}

/** Whether there is a claim for the pods to mount, or a Cluster, even if its change was refused. */
function hasData(dumbkv: DumbKV, { cache }: BringAboutContext): boolean {
  const holder = dataHolder(dumbkv);
  if (holder === undefined) return true;
  const claim = cache.get(holder.type, dumbkv.metadata.namespace, holder.name);
  return claim !== undefined && ownershipProblem(dumbkv, claim) === undefined;
}

/** Whether a child is there, or may be though its label is gone, by which it would be known. */
function mayBeThere(
  { metadata, spec, status }: DumbKV,
  { type, name, isMade }: { type: ResourceType; name: string; isMade: boolean },
  { cache }: BringAboutContext,
): boolean {
  if (cache.get(type, metadata.namespace, name) !== undefined) return true;
  // of what was asked before, anything may have been made; once for each generation that is cheap
  if (status?.observedGeneration !== metadata.generation) return isMade;
  // what lets the world in must not be overlooked later either
  const isExposed = status.conditions?.some((one) => one.type === 'Exposed') ?? false;
  const isAsked = spec.ingress !== undefined || spec.httpRoute !== undefined;
  return isExposed && !isAsked && (type === INGRESS || type === HTTP_ROUTE);
}

interface Pods {
  type: ResourceType;
  nameOf: (instance: string) => string;
  find: (
    cache: FoundChildren,
    namespace: string,
    name: string,
  ) => MaybeObject | Promise<MaybeObject>;
}

type MaybeObject = KubeObject | undefined;

const podsOfServer: Pods = {
  type: DEPLOYMENT,
  nameOf: (instance) => instance,
  find: (cache, ...where) => cache.find(DEPLOYMENT, ...where),
};
/** Most instances have none: nobody is asked for it. */
const podsOfPostgres: Pods = {
  type: STATEFUL_SET,
  nameOf: postgresName,
  find: (cache, ...where) => cache.get(STATEFUL_SET, ...where),
};

/** Whatever is wrong: who asks for no pods gets none. */
async function stopPods(
  dumbkv: DumbKV,
  { type, nameOf, find }: Pods,
  { client, cache, signal }: BringAboutContext,
): Promise<void> {
  const { namespace } = dumbkv.metadata;
  const name = nameOf(dumbkv.metadata.name);
  const live = await find(cache, namespace, name);
  const replicas = (live?.spec as { replicas?: number } | undefined)?.replicas;
  if (live === undefined || wantedReplicas(dumbkv) > 0 || replicas === 0) return;
  if (ownershipProblem(dumbkv, live) !== undefined) return;
  if (type === STATEFUL_SET && mayHaveServers(dumbkv, cache)) return;
  const { uid, resourceVersion } = live.metadata;
  const patch = { metadata: { uid, resourceVersion }, spec: { replicas: 0 } };
  cache.observeWrite(type, await client.mergePatch(type, namespace, name, patch, signal));
}
