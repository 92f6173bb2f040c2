// `rotate-token`: a second set of tokens in the instance's own Secret, and later the first one
// away. The server reads the Secret again by itself, and the operator never overwrites what it
// holds.
import type { DumbKV } from '../../crds/schema.ts';
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { ApiObject } from '../kubectl.ts';
import {
  isRotating,
  renewed,
  tokenCount,
  withoutFirstTokens,
  withSecondTokens,
} from '../token-file.ts';

const FIELD = 'token';
const SYNC = 'Running pods take it within about two minutes, without a restart.';

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

/** Writes it if nobody else wrote meanwhile; by standard input, which no process list shows. */
async function writeTokens({ kubectl }: Context, secret: TokenSecret, text: string): Promise<void> {
  const data = { ...secret.data, [FIELD]: Buffer.from(text).toString('base64') };
  await kubectl.output(['replace', '--filename=-'], JSON.stringify({ ...secret, data }));
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

export const rotateToken: Command = {
  usage: 'NAME [--finish | --immediately]',
  summary: 'give an instance new tokens; the old ones go with --finish',
  details:
    'Without an option: adds a new token for each that is there. Both count, until every client\n' +
    'has the new one and --finish removes the old. --immediately replaces them at once, for\n' +
    'tokens that others know: clients are refused until they have the new one.',
  needsName: true,
  options: {
    finish: { type: 'boolean', help: 'remove the tokens from before the rotation' },
    immediately: { type: 'boolean', help: 'replace all tokens now, without an overlap' },
  },
  run: async (context) => {
    const { name, kubectl, options } = context;
    if (options.finish && options.immediately) {
      throw usageFailure('--finish keeps the new tokens, --immediately none: choose one.');
    }
    const dumbkv = await kubectl.dumbkv(name);
    assertOwnSecret(dumbkv);
    const { secret, text } = await readTokens(context, dumbkv);
    const full = `${dumbkv.metadata.namespace}/${name}`;
    const { wanted, says } = rotation(context, text, full);
    await writeTokens(context, secret, wanted);
    context.out(`${says} ${SYNC}`);
    if (!options.finish) context.out(readingOf(dumbkv, secret.metadata.name));
    return EXIT.ok;
  },
};

function rotation(
  { now, freshToken, options, name }: Context,
  text: string,
  full: string,
): { wanted: string; says: string } {
  if (options.immediately) {
    const current = isRotating(text) ? withoutFirstTokens(text) : text;
    return { wanted: renewed(current, freshToken), says: `${full} has new tokens only.` };
  }
  if (options.finish) {
    if (!isRotating(text)) {
      throw new Failure(`No rotation of ${full} is under way: begin one without --finish.`);
    }
    return { wanted: withoutFirstTokens(text), says: `The old tokens of ${full} are removed.` };
  }
  if (isRotating(text)) {
    throw new Failure(
      `A rotation of ${full} is under way: \`kubectl dumbkv rotate-token ${name} --finish\` ` +
        'removes the old tokens.',
    );
  }
  const wanted = withSecondTokens(text, now(), freshToken);
  const says =
    `${full} has a second set of tokens; the old ones count until ` +
    `\`kubectl dumbkv rotate-token ${name} --finish\`.`;
  return { wanted, says };
}

/** How a client gets the last token of the Secret, which is a new one. */
const readingOf = ({ metadata }: DumbKV, secretName: string): string =>
  `The new one: kubectl -n ${metadata.namespace} get secret ${secretName} ` +
  `-o jsonpath='{.data.${FIELD}}' | base64 -d | tail -n 1`;
