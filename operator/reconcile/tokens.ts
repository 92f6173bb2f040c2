// Makes the instance's own token, keeps the metadata of its Secret in step, and rotates it where
// the user asks. bring-about.ts calls it; a Secret of the user's own is never touched.
import { randomBytes } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { SECRET } from '../api/resources.ts';
import { ownershipProblem } from '../apply/ownership.ts';
import { createSecret, updateSecretMetadata } from '../apply/secrets.ts';
import {
  ownedMetadata,
  ownTokenSecretName,
  ROTATE_TOKEN_ANNOTATION,
  ROTATION_ANNOTATION,
} from '../builders/metadata.ts';
import { TOKEN_FIELD, tokenSecret } from '../builders/secret.ts';
import type { TokenSecretFacts } from '../checks/checks.ts';
import {
  isRotationAsked,
  type RotatedTokens,
  type Rotation,
  retirementsMs,
  rotationMark,
  rotationOf,
  withFreshToken,
  withoutRetired,
} from '../tokens/rotation.ts';
import { created, gather, type TellingContext } from './happenings.ts';
import { secretField } from './observe.ts';

const TOKEN_BYTES = 32;

/** What rotating needs besides: the time of this look. */
export interface TokenContext extends TellingContext {
  nowMs: number;
  /** The instants at which old tokens go, gathered for status and queue. */
  retirements: number[];
}

/** Brings the own token Secret to what is asked, if there is to be one. */
export async function settleTokens(
  dumbkv: DumbKV,
  tokens: TokenSecretFacts | undefined,
  context: TokenContext,
): Promise<void> {
  const { auth } = dumbkv.spec;
  if (auth.type === 'None' || auth.tokenSecretRef !== undefined) return;
  const name = ownTokenSecretName(dumbkv.metadata.name);
  if (tokens === undefined) {
    const mark = rotationMark(dumbkv);
    const answered = mark && { [ROTATION_ANNOTATION]: JSON.stringify({ mark, retiring: [] }) };
    await createSecret(tokenSecret(dumbkv, newToken(), answered || {}), context);
    await context.record(created('Secret', name));
    return;
  }
  // the check of it says so
  if (ownershipProblem(dumbkv, { kind: SECRET.kind, metadata: tokens.metadata })) return;
  const inStep = ownedMetadata(dumbkv, name);
  gather(await updateSecretMetadata(dumbkv, tokens.metadata, inStep, context), context);
  const rotation = await rotate(dumbkv, rotationOf(tokens.metadata), context);
  context.retirements.push(...retirementsMs(rotation));
}

const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

/** One write at the most, of tokens and annotation together: a crash leaves no half of it. */
async function rotate(dumbkv: DumbKV, known: Rotation, context: TokenContext): Promise<Rotation> {
  const isOver = (rotation: Rotation) => (retirementsMs(rotation)[0] ?? Infinity) <= context.nowMs;
  if (!isRotationAsked(dumbkv, known) && !isOver(known)) return known;
  const { namespace, name: instance } = dumbkv.metadata;
  const name = ownTokenSecretName(instance);
  const { client, nowMs, signal } = context;
  const secret = await client.get(SECRET, namespace, name, signal);
  if (secret === undefined) return known;
  const { uid, resourceVersion } = secret.metadata;
  let now: RotatedTokens = {
    text: secretField(secret, TOKEN_FIELD),
    rotation: rotationOf(secret.metadata),
  };
  const isAsked = isRotationAsked(dumbkv, now.rotation);
  if (isAsked) now = withFreshToken(now, dumbkv, { fresh: newToken(), nowMs });
  const isRetired = isOver(now.rotation);
  if (isRetired) now = withoutRetired(now, nowMs);
  if (!isAsked && !isRetired) return now.rotation;
  const annotations = { [ROTATION_ANNOTATION]: JSON.stringify(now.rotation) };
  const data = { [TOKEN_FIELD]: Buffer.from(now.text).toString('base64') };
  const patch = { metadata: { uid, resourceVersion, annotations }, data };
  await client.mergePatch(SECRET, namespace, name, patch, signal);
  if (isAsked) await tellFresh(name, now.rotation, context);
  if (isRetired) await tellRetired(name, now, context);
  return now.rotation;
}

async function tellRetired(name: string, { isKept }: RotatedTokens, { record }: TokenContext) {
  const action = 'Rotate';
  if (isKept) {
    const note =
      `Left an old token in Secret "${name}" though its time is over: it is the only one there. ` +
      'Rotate again to be rid of it.';
    return record({ type: 'Warning', reason: 'OldTokenKept', action, note });
  }
  const note = `Took old tokens out of Secret "${name}": their time is over.`;
  return record({ type: 'Normal', reason: 'OldTokenRemoved', action, note });
}

async function tellFresh(name: string, rotation: Rotation, { record }: TokenContext) {
  const until = rotation.retiring.at(-1)?.until;
  const old = until === undefined ? 'the old one is gone' : `the old one counts until ${until}`;
  const note =
    `Put a new token first in Secret "${name}", as ${ROTATE_TOKEN_ANNOTATION} asked; ${old}. The ` +
    'kubelet brings it to the pods within a minute or two.';
  await record({ type: 'Normal', reason: 'TokenRotated', action: 'Rotate', note });
}
