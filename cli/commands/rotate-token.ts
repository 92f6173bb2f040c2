// `rotate-token`: has the operator make a new token, by the annotation that it knows, and takes the
// old ones away before their time where that is asked. The server reads the Secret again by itself.
import { setTimeout as pause } from 'node:timers/promises';
import type { DumbKV } from '../../crds/schema.ts';
import { ROTATE_TOKEN_ANNOTATION, ROTATION_ANNOTATION } from '../../operator/builders/metadata.ts';
import type { ObjectMeta } from '../../operator/kube/resource.ts';
import { isRotationAsked, rotationOf, withoutRetired } from '../../operator/tokens/rotation.ts';
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { Failure, usageFailure } from '../failure.ts';
import { type ApiObject, DUMBKVS } from '../kubectl.ts';
import { limits } from '../limits.ts';
import { tokenCount } from '../token-file.ts';

const FIELD = 'token';
const SYNC = 'Running pods follow within about two minutes, without a restart.';

interface TokenSecret extends ApiObject {
  data?: Record<string, string>;
}

/** The Secret with an instance's tokens, and its text. */
export async function readTokens(
  { kubectl }: Context,
  { metadata, spec }: DumbKV,
): Promise<{ secret: TokenSecret; text: string }> {
  const name = spec.auth.tokenSecretRef?.name ?? `${metadata.name}-token`;
  const secret = await kubectl.json<TokenSecret>(['get', 'secret', name]);
  const text = Buffer.from(secret.data?.[FIELD] ?? '', 'base64').toString('utf8');
  if (tokenCount(text) > 0) return { secret, text };
  throw new Failure(`The Secret "${name}" holds no token in its field "${FIELD}".`);
}

function assertOwnSecret({ metadata, spec }: DumbKV): void {
  const full = `${metadata.namespace}/${metadata.name}`;
  if (spec.auth.type === 'None') {
    throw new Failure(`${full} is open (spec.auth.type: None): it has no tokens.`);
  }
  const theirs = spec.auth.tokenSecretRef?.name;
  if (theirs === undefined) return;
  throw new Failure(
    `The tokens of ${full} are in a Secret of yours, "${theirs}": change it where it comes from. ` +
      'A line more is a token more; the server reads it again by itself.',
  );
}

const rotationIn = ({ metadata }: TokenSecret) => rotationOf(metadata as ObjectMeta);

/** Asks for a new token, and waits until the operator has made it. */
async function rotate(context: Context, full: string): Promise<void> {
  const { kubectl, name, now, out } = context;
  const mark = `${ROTATE_TOKEN_ANNOTATION}=${now().toISOString()}`;
  await kubectl.output(['annotate', '--overwrite', DUMBKVS, name, mark]);
  const asked = await kubectl.dumbkv(name);
  for (let leftMs: number = limits.operatorWaitMs; leftMs > 0; leftMs -= limits.lookAgainMs) {
    const { secret } = await readTokens(context, asked);
    const rotation = rotationIn(secret);
    if (!isRotationAsked(asked, rotation)) {
      out(`${full} has a new token, the first in Secret "${secret.metadata.name}". ${SYNC}`);
      const until = rotation.retiring.at(-1)?.until;
      if (until !== undefined) out(`The old one counts until ${until}.`);
      return;
    }
    await pause(limits.lookAgainMs);
  }
  throw new Failure('The operator has not taken it up yet: see whether dumbkv-operator runs.');
}

/**
 * Takes away all old tokens, if nobody else wrote meanwhile; by standard input, which no list of
 * processes shows.
 */
async function finish(context: Context, dumbkv: DumbKV, full: string): Promise<void> {
  const { secret, text } = await readTokens(context, dumbkv);
  const rotation = rotationIn(secret);
  if (rotation.retiring.length === 0) throw new Failure(`${full} has no old tokens.`);
  const now = withoutRetired({ text, rotation }, Infinity);
  if (now.isKept) throw new Failure(`${full} has no other token: make a new one first.`);
  const data = { ...secret.data, [FIELD]: Buffer.from(now.text).toString('base64') };
  const noted = { [ROTATION_ANNOTATION]: JSON.stringify(now.rotation) };
  const annotations = { ...secret.metadata.annotations, ...noted };
  const changed = { ...secret, metadata: { ...secret.metadata, annotations }, data };
  await context.kubectl.output(['replace', '--filename=-'], JSON.stringify(changed));
  context.out(`The old tokens of ${full} are taken away. ${SYNC}`);
}

export const rotateToken: Command = {
  usage: 'NAME [--finish | --immediately]',
  summary: 'give an instance a new token; the old one goes by itself later',
  details:
    'Without an option: has the operator make a new token. Both count for the time of\n' +
    'spec.auth.tokenOverlap, an hour where left out. --finish takes the old ones away before\n' +
    'that; --immediately does both, for a token that others know.',
  needsName: true,
  options: {
    finish: { type: 'boolean', help: 'take the old tokens away now' },
    immediately: { type: 'boolean', help: 'make a new token and take the old ones away now' },
  },
  run: async (context) => {
    const { name, kubectl, options } = context;
    if (options.finish && options.immediately) {
      throw usageFailure('--finish makes no new token, --immediately makes one: choose one.');
    }
    const dumbkv = await kubectl.dumbkv(name);
    assertOwnSecret(dumbkv);
    const full = `${dumbkv.metadata.namespace}/${name}`;
    if (!options.finish) await rotate(context, full);
    if (options.finish || options.immediately) await finish(context, dumbkv, full);
    return EXIT.ok;
  },
};
