// The ordered checks before anything is written: each is named for what would be wrong, the first
// that answers wins, and its problem becomes the instance's conditions. Pure; reconcile.ts asks
// them.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import { SECRET } from '../api/resources.ts';
import { ownershipProblem } from '../apply/ownership.ts';
import { INSTANCE_LABEL, tokenSecretName } from '../builders/metadata.ts';
import { TOKEN_FIELD } from '../builders/secret.ts';
import type { ObjectMeta } from '../kube/resource.ts';
import { isTimeZone } from '../sleep/zoned-time.ts';

/**
 * What is known of the Secret that holds an instance's tokens; the tokens themselves are never
 * kept.
 */
export interface TokenSecretFacts {
  metadata: ObjectMeta;
  /** Whether its field holds at least one token. */
  hasToken: boolean;
}

export interface CheckInput {
  dumbkv: DumbKV;
  imagePrefixes: readonly string[];
  tokenSecret: TokenSecretFacts | undefined;
}

type Check = (input: CheckInput) => Problem | undefined;

const imageIsNotAllowed: Check = ({ dumbkv: { spec }, imagePrefixes }) => {
  const isAllowed = (image: string) => imagePrefixes.some((prefix) => isUnder(prefix, image));
  const images = [
    { field: 'spec.image', image: spec.image },
    { field: 'spec.postgres.managed.image', image: spec.postgres?.managed?.image },
    { field: 'spec.postgres.cloudNativePG.image', image: spec.postgres?.cloudNativePG?.image },
  ];
  const refused = images.find(({ image }) => image !== undefined && !isAllowed(image));
  if (refused === undefined) return undefined;
  return {
    reason: 'ImageNotAllowed',
    message:
      `${refused.field} "${refused.image}" is not allowed. Use an image of ` +
      `${imagePrefixes.join(' or ')}, or ask whoever runs the operator to add to IMAGE_PREFIXES.`,
  };
};

const timeZoneIsUnknown: Check = ({ dumbkv: { spec } }) => {
  if (spec.sleep === undefined || isTimeZone(spec.sleep.timeZone)) return undefined;
  return {
    reason: 'TimeZoneUnknown',
    message:
      `spec.sleep.timeZone "${spec.sleep.timeZone}" is no time zone that the operator knows. Use ` +
      'a name of the IANA list, such as Europe/Berlin.',
  };
};

const tokenSecretIsMissing: Check = ({ dumbkv, tokenSecret }) => {
  const name = dumbkv.spec.auth.tokenSecretRef?.name;
  if (name === undefined || tokenSecret !== undefined) return undefined;
  return {
    reason: 'TokenSecretMissing',
    message:
      `Secret "${name}", named by spec.auth.tokenSecretRef, does not exist in this namespace. ` +
      `Create it with the field "${TOKEN_FIELD}" and the label ${INSTANCE_LABEL}: ` +
      `${dumbkv.metadata.name}.`,
  };
};

const tokenSecretIsNotForThisInstance: Check = ({ dumbkv, tokenSecret }) => {
  if (dumbkv.spec.auth.tokenSecretRef === undefined || tokenSecret === undefined) return undefined;
  const { name } = dumbkv.metadata;
  if (tokenSecret.metadata.labels?.[INSTANCE_LABEL] === name) return undefined;
  return {
    reason: 'TokenSecretInvalid',
    message:
      `Secret "${tokenSecret.metadata.name}" does not carry the label ${INSTANCE_LABEL}: ` +
      `${name}. Label it, so that it is plain that this instance may read it.`,
  };
};

const tokenSecretHoldsNoToken: Check = ({ dumbkv, tokenSecret }) => {
  if (tokenSecretName(dumbkv) === undefined || (tokenSecret?.hasToken ?? true)) return undefined;
  return {
    reason: 'TokenSecretInvalid',
    message:
      `Secret "${tokenSecret?.metadata.name}" holds no token in the field "${TOKEN_FIELD}". Put ` +
      'one token a line there; to have a new one made, delete a Secret that the operator made.',
  };
};

const ownTokenSecretIsNotOurs: Check = ({ dumbkv, tokenSecret }) => {
  if (dumbkv.spec.auth.tokenSecretRef !== undefined || tokenSecret === undefined) return undefined;
  return ownershipProblem(dumbkv, { kind: SECRET.kind, metadata: tokenSecret.metadata });
};

const CHECKS: readonly Check[] = [
  imageIsNotAllowed,
  timeZoneIsUnknown,
  tokenSecretIsMissing,
  tokenSecretIsNotForThisInstance,
  ownTokenSecretIsNotOurs,
  tokenSecretHoldsNoToken,
];

/** The first thing that is wrong with what was asked, or undefined. */
export function firstProblem(input: CheckInput): Problem | undefined {
  for (const check of CHECKS) {
    const problem = check(input);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * A prefix ends at a boundary of the reference, so that "repo/server" does not allow
 * "repo/server-evil".
 */
function isUnder(prefix: string, image: string): boolean {
  if (!image.startsWith(prefix)) return false;
  const rest = image.slice(prefix.length);
  // a colon before a slash is the port of another registry, not a tag
  return prefix.endsWith('/') || rest === '' || /^(@|\/|:[^/]*$)/.test(rest);
}
