// Which image the pods of an instance are to run, and what an update would bring to those that are
// pinned: read from what their objects keep. Pure; compute.ts asks.
import type { DumbKV } from '../../crds/schema.ts';
import type { ConditionStatement } from '../api/conditions.ts';
import { runsPostgres } from '../builders/engine.ts';
import { RESTART_ANNOTATION } from '../builders/metadata.ts';
import { imageOf, keptPods, type PodUpdate, podUpdate } from '../builders/pinned.ts';
import { serverPods } from '../builders/pod-template.ts';
import { postgresPods } from '../builders/postgres/stateful-set.ts';
import type { Children } from '../reconcile/observe.ts';

interface UpdateInput {
  dumbkv: DumbKV;
  children: Children;
  serverImage: string;
  postgresImage: string;
}

/** The image that the server's pods are to run. */
export function serverImageOf({ dumbkv, children, serverImage }: UpdateInput): string {
  const kept = keptPods(children.deployment);
  return (kept && imageOf(kept.template)) ?? dumbkv.spec.image ?? serverImage;
}

/** The condition `UpdateAvailable`, where a restart would bring anything else. */
export function updateAvailable(input: UpdateInput): ConditionStatement[] {
  const { dumbkv } = input;
  const updates = [
    sentence('the server', serverUpdate(input)),
    sentence('Postgres', runsPostgres(dumbkv) ? postgresUpdate(input) : undefined),
  ].flatMap((one) => one ?? []);
  if (dumbkv.spec.updatePolicy === 'Automatic' || updates.length === 0) return [];
  const { name, namespace } = dumbkv.metadata;
  const message =
    `A restart would bring ${updates.join(', and ')}. To take it: kubectl -n ${namespace} ` +
    `annotate --overwrite dkv ${name} ${RESTART_ANNOTATION}="$(date)"; or set ` +
    'spec.updatePolicy to Automatic.';
  return [{ type: 'UpdateAvailable', status: 'True', reason: 'ReleaseDiffers', message }];
}

function serverUpdate({ dumbkv, children, serverImage }: UpdateInput): PodUpdate | undefined {
  const storeId = keptPods(children.deployment)?.inputs.storeId;
  if (typeof storeId !== 'string') return undefined;
  return podUpdate(serverPods(dumbkv, { image: serverImage, storeId }), children.deployment);
}

function postgresUpdate({ dumbkv, children, postgresImage }: UpdateInput): PodUpdate | undefined {
  const credentialsUid = keptPods(children.postgres)?.inputs.credentialsUid;
  if (typeof credentialsUid !== 'string') return undefined;
  const settings = { image: postgresImage, credentialsUid };
  return podUpdate(postgresPods(dumbkv, settings, children.postgres), children.postgres);
}

function sentence(what: string, update: PodUpdate | undefined): string | undefined {
  if (update === undefined) return undefined;
  const { image, newImage } = update;
  return image === newImage
    ? `${what} another pod template`
    : `${what} the image ${newImage} instead of ${image}`;
}
