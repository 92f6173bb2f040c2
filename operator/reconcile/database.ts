// Brings about the Postgres that the operator runs for an instance: password, configuration,
// address and pod. Of somebody else's it only reads the Secret with the URL. bring-about.ts calls
// it before the server, which needs it.
import { randomBytes } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { ProblemError } from '../api/problem.ts';
import { CONFIG_MAP, SECRET, SERVICE, STATEFUL_SET } from '../api/resources.ts';
import { type ApplyContext, applyChild } from '../apply/apply.ts';
import { ownershipProblem } from '../apply/ownership.ts';
import { createSecret, updateSecretMetadata } from '../apply/secrets.ts';
import type { DesiredChild } from '../builders/desired.ts';
import { runsPostgres } from '../builders/engine.ts';
import { databaseSecret, ownedMetadata, postgresName } from '../builders/metadata.ts';
import { keptPods } from '../builders/pinned.ts';
import { postgresConfigMap } from '../builders/postgres/config-map.ts';
import { postgresSecret, postgresService } from '../builders/postgres/service.ts';
import {
  configurationNow,
  configurationOf,
  postgresStatefulSet,
} from '../builders/postgres/stateful-set.ts';
import type { KubeObject } from '../kube/resource.ts';
import { created, gather, type TellingContext, tell } from './happenings.ts';
import { mayHaveServers } from './server-pods.ts';

const PASSWORD_BYTES = 24;

export interface DatabaseContext extends TellingContext {
  /** The image of Postgres where the spec names none. */
  postgresImage: string;
}

/**
 * Makes the Postgres that the operator runs for an instance, if it is to.
 * @throws ProblemError if an object of its name is somebody else's
 */
export async function settleDatabase(
  dumbkv: DumbKV,
  secret: KubeObject | undefined,
  context: DatabaseContext,
): Promise<void> {
  if (!runsPostgres(dumbkv)) return;
  const credentials = secret ?? (await createCredentials(dumbkv, context));
  const problem = ownershipProblem(dumbkv, { ...credentials, kind: SECRET.kind });
  if (problem !== undefined) throw new ProblemError(problem);
  const inStep = ownedMetadata(dumbkv, credentials.metadata.name);
  gather(await updateSecretMetadata(dumbkv, credentials.metadata, inStep, context), context);
  const apply = async (child: DesiredChild) =>
    tell(child, await applyChild(dumbkv, child, context), context);
  const settings = {
    image: context.postgresImage,
    credentialsUid: credentials.metadata.uid ?? '',
  };
  const { namespace, name } = dumbkv.metadata;
  const live = await context.cache.find(STATEFUL_SET, namespace, postgresName(name));
  const areServersLeft = mayHaveServers(dumbkv, context.cache);
  const object = postgresStatefulSet(dumbkv, settings, live, areServersLeft);
  // what a pinned pod was started with is what it is started with again
  const files = keptPods(object)?.files;
  const isKnown = files !== undefined || configurationOf(object) === configurationNow(dumbkv);
  if (isKnown || !(await context.cache.find(CONFIG_MAP, namespace, postgresName(name)))) {
    await apply({ type: CONFIG_MAP, object: postgresConfigMap(dumbkv, files) });
  }
  await apply({ type: SERVICE, object: postgresService(dumbkv) });
  await apply({ type: STATEFUL_SET, object });
}

/** Reads the Secret by which the server finds its database, if it is on postgres. */
export async function readDatabaseSecret(
  dumbkv: DumbKV,
  { client, signal }: ApplyContext,
): Promise<KubeObject | undefined> {
  const name = databaseSecret(dumbkv)?.name;
  if (name === undefined) return undefined;
  return client.get(SECRET, dumbkv.metadata.namespace, name, signal);
}

/** A POST, so that of two creators one is told that it came second. */
async function createCredentials(dumbkv: DumbKV, context: DatabaseContext): Promise<KubeObject> {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  await createSecret(postgresSecret(dumbkv, password), context);
  await context.record(created('Secret', postgresName(dumbkv.metadata.name)));
  const made = await readDatabaseSecret(dumbkv, context);
  if (made === undefined) throw new Error('The Secret of the database vanished as it was made.');
  return made;
}
