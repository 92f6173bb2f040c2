// What is wrong with the Secret by which the server finds its Postgres, if anything: the user's, or
// the operator's own. Pure, and nothing of the URL is repeated: it holds a password.
// reconcile/bring-about.ts asks before anything mounts it.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { SECRET } from '../api/resources.ts';
import { ownershipProblem } from '../apply/ownership.ts';
import { dataPlace } from '../builders/engine.ts';
import { databaseSecret, INSTANCE_LABEL } from '../builders/metadata.ts';
import type { KubeObject } from '../kube/resource.ts';

const POSTGRES_URL = /^postgres(ql)?:\/\/\S+$/;

/** Why the server could not connect by this Secret, or undefined. */
export function databaseSecretProblem(
  dumbkv: DumbKV,
  secret: KubeObject | undefined,
): Problem | undefined {
  const place = dataPlace(dumbkv);
  if (place === 'sqlite') return undefined;
  // one of this name may hold a URL of others, that this instance must not follow
  if (place === 'postgres') {
    return secret && ownershipProblem(dumbkv, { ...secret, kind: SECRET.kind });
  }
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
  const encoded = (secret.data as Record<string, string> | undefined)?.[key];
  if (encoded === undefined) {
    return invalid(`Secret "${name}" has no key "${key}". Put the URL of the Postgres under it.`);
  }
  const url = Buffer.from(encoded, 'base64').toString('utf8').trim();
  if (POSTGRES_URL.test(url)) return undefined;
  return invalid(
    `What stands under "${key}" in Secret "${name}" is no URL such as ` +
      'postgres://user:password@host:5432/database. Correct it.',
  );
}
