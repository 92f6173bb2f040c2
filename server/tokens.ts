// The bearer tokens: parsed from TOKENS_FILE, kept as digests, read again when the file's content
// changes.
// Next: `auth.ts` asks who a token belongs to.
import { hash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { BaseLogger } from 'pino';
import type { Access, Caller, Callers } from './callers.ts';
import { messageOf, StartError } from './errors.ts';
import { limits } from './limits.ts';
import { poll } from './poll.ts';

/** A token as it is kept: its SHA-256 digest, so that no dump of memory or log gives it away. */
export interface KnownToken extends Caller {
  readonly digest: Buffer;
}

/** The tokens of a file, which are known at once. */
export interface Tokens extends Callers {
  callerOf(token: string): KnownToken | undefined;
}

const TOKEN_LINE = /^(?<token>[A-Za-z0-9._~+/-]+=*)(?: +(?<access>read-only|read-write))?$/;

const digestOf = (token: string): Buffer => hash('sha256', token, 'buffer');

/**
 * The tokens in a file's text. Throws an Error that names a wrong line, never what stands on it.
 */
export function parseTokens(text: string): KnownToken[] {
  const tokens = text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    return trimmed === '' || trimmed.startsWith('#') ? [] : [tokenOfLine(trimmed, index + 1)];
  });
  if (tokens.length === 0) throw new Error('it holds no token');
  if (tokens.length > limits.tokensMax) {
    throw new Error(`it holds ${tokens.length} tokens, and ${limits.tokensMax} are the most`);
  }
  // Two lines for one token may give it different access, and nobody meant both.
  if (new Set(tokens.map(({ digest }) => digest.toString('hex'))).size < tokens.length) {
    throw new Error('it holds a token twice');
  }
  return tokens;
}

function tokenOfLine(line: string, lineNumber: number): KnownToken {
  const { token, access } = TOKEN_LINE.exec(line)?.groups ?? {};
  if (token === undefined) {
    throw new Error(
      `line ${lineNumber} is not a token (letters, digits, - . _ ~ + / and = at its end), ` +
        'which a space and read-only or read-write may follow',
    );
  }
  return knownToken(digestOf(token), access === 'read-only' ? access : 'read-write');
}

const knownToken = (digest: Buffer, access: Access): KnownToken => {
  return { digest, id: `token ${digest.toString('hex')}`, access, expiresAtMs: Infinity };
};

/**
 * The one of these that `token` is: every one is compared, in constant time, whatever the first
 * matches say.
 */
export function findToken(known: readonly KnownToken[], token: string): KnownToken | undefined {
  const digest = digestOf(token);
  let found: KnownToken | undefined;
  for (const one of known) {
    if (timingSafeEqual(one.digest, digest)) found = one;
  }
  return found;
}

/**
 * Reads the file and watches it until `close`. Throws DKV_TOKENS_FILE_INVALID if it cannot be used
 * now.
 */
export async function openTokens(
  path: string,
  log: BaseLogger,
  pollMs: number = limits.tokensPollMs,
): Promise<Tokens> {
  try {
    return new WatchedTokens(path, await readTokensFile(path), log, pollMs);
  } catch (error) {
    const message = `TOKENS_FILE ${path} cannot be used: ${messageOf(error)}.`;
    throw new StartError('DKV_TOKENS_FILE_INVALID', message, error);
  }
}

/** The tokens as the file last had them in good order. */
class WatchedTokens implements Tokens {
  generation = 0;
  readonly close: () => void;
  #known: readonly KnownToken[];
  readonly #path: string;
  readonly #log: BaseLogger;
  #text: string;
  #complaint = '';

  constructor(path: string, text: string, log: BaseLogger, pollMs: number) {
    this.#path = path;
    this.#text = text;
    this.#log = log;
    this.#known = parseTokens(text);
    this.close = poll(() => this.#look(), pollMs);
  }

  callerOf(token: string): KnownToken | undefined {
    return findToken(this.#known, token);
  }

  /** Reads the file again. By content, not by time: the kubelet swaps a link above the file. */
  async #look(): Promise<void> {
    try {
      this.#take(await readTokensFile(this.#path));
      this.#complaint = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason === this.#complaint) return;
      this.#complaint = reason;
      this.#log.error({ reason }, 'the token file cannot be used; the old tokens stay');
    }
  }

  #take(text: string): void {
    if (text === this.#text) return;
    this.#known = parseTokens(text);
    this.#text = text;
    this.generation += 1;
    this.#log.info({ tokens: this.#known.length }, 'the token file has changed: read again');
  }
}

async function readTokensFile(path: string): Promise<string> {
  const file = await stat(path);
  // Reading a pipe may wait for ever.
  if (!file.isFile()) throw new Error('it is not a regular file');
  if (file.size > limits.tokensFileBytesMax) {
    throw new Error(`it is larger than ${limits.tokensFileBytesMax} bytes`);
  }
  return readFile(path, 'utf8');
}
