// What is wrong with the Secret by which the server finds its Postgres, if anything: the user's,
// the operator's own or that of CloudNativePG. Pure, and nothing of the URL is repeated: it holds a
// password. reconcile/bring-about.ts asks before anything mounts it.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { POSTGRES_CLUSTER, SECRET } from '../api/resources.ts';
import { ownershipProblem } from '../apply/ownership.ts';
import { dataPlace } from '../builders/engine.ts';
import {
  DATABASE_URL_FIELD,
  databaseSecret,
  INSTANCE_LABEL,
  postgresName,
} from '../builders/metadata.ts';
import { PASSWORD_FIELD } from '../builders/postgres/service.ts';
import type { KubeObject } from '../kube/resource.ts';

/** As the start script of Postgres takes it. */
const SOUND_PASSWORD = /^[A-Za-z0-9_-]+$/;
const POSTGRES_URL = /^postgres(ql)?:\/\/\S+$/;

/** Why the server could not connect by this Secret, or undefined. */
export function databaseSecretProblem(
  dumbkv: DumbKV,
  secret: KubeObject | undefined,
): Problem | undefined {
  const place = dataPlace(dumbkv);
  if (place === 'sqlite') return undefined;
  if (place === 'postgres') return secret && ownSecretProblem(dumbkv, secret);
  if (place === 'postgres-cloudnativepg') return secret && clusterSecretProblem(dumbkv, secret);
  const { name: instance } = dumbkv.metadata;
  const { name, key } = databaseSecret(dumbkv) ?? { name: '', key: '' };
  const invalid = (message: string): Problem => ({ reason: 'DatabaseSecretInvalid', message });
  if (secret === undefined) {
    return {
      reason: 'DatabaseSecretMissing',
      message:
        `Secret "${name}", named by spec.postgres.external.urlSecretRef, does not exist in this ` +
        `namespace. Create it with the URL under "${key}" and the label ${INSTANCE_LABEL}: ` +
        `${instance}.`,
    };
  }
  if (secret.metadata.labels?.[INSTANCE_LABEL] !== instance) {
    return invalid(
      `Secret "${name}" does not carry the label ${INSTANCE_LABEL}: ${instance}. Label it, so ` +
        'that it is plain that this instance may read it.',
    );
  }
  const url = fieldOf(secret, key);
  if (url === undefined) {
    return invalid(`Secret "${name}" has no key "${key}". Put the URL of the Postgres under it.`);
  }
  if (POSTGRES_URL.test(url)) return undefined;
  return invalid(
    `What stands under "${key}" in Secret "${name}" is no URL such as ` +
      'postgres://user:password@host:5432/database. Correct it.',
  );
}

/**
 * One of the name of our own may hold a URL of others, that this instance must not follow; and one
 * of which a half was edited locks the server out.
 */
function ownSecretProblem(dumbkv: DumbKV, secret: KubeObject): Problem | undefined {
  const foreign = ownershipProblem(dumbkv, { ...secret, kind: SECRET.kind });
  if (foreign !== undefined) return foreign;
  const password = fieldOf(secret, PASSWORD_FIELD);
  const url = URL.parse(fieldOf(secret, DATABASE_URL_FIELD) ?? '');
  if (SOUND_PASSWORD.test(password ?? '') && url?.password === password) return undefined;
  const message =
    `Secret "${secret.metadata.name}" was changed: its URL must hold its password, of letters, ` +
    'digits, - and _ alone, or the server cannot connect. Correct both, or delete the Secret: a ' +
    'new one is made.';
  return { reason: 'DatabaseSecretInvalid', message };
}

/** One of that name may be somebody else's, which CloudNativePG would leave as it is. */
function clusterSecretProblem(dumbkv: DumbKV, { metadata }: KubeObject): Problem | undefined {
  const cluster = postgresName(dumbkv.metadata.name);
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner?.kind === POSTGRES_CLUSTER.kind && owner.name === cluster) return undefined;
  const message =
    `Secret "${metadata.name}" was not made by CloudNativePG for Cluster "${cluster}", so it may ` +
    'be meant for others. Rename it, or give this DumbKV another name.';
  return { reason: 'DatabaseSecretInvalid', message };
}

function fieldOf({ data }: KubeObject, field: string): string | undefined {
  const encoded = (data as Record<string, string> | undefined)?.[field];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().trim();
}
