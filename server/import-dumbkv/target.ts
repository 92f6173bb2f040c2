// The server that entries go to, by the call that every client uses: it alone has the sealing keys
// and the lock of the store, knows all bounds, and may have either engine.
// Next: back to `import.ts`.
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { limits } from '../limits.ts';

export interface PlainEntry {
  readonly database: number;
  readonly key: string;
  readonly value: string;
}

/** What became of an entry; `refused`: the server does not take such a one. */
export type Stored = 'stored' | 'there' | 'refused';

export interface Target {
  readonly url: string;
  readonly token: string | undefined;
  /** Replaces what is there already. */
  readonly replaces: boolean;
}

/** The server cannot be reached, or takes nothing. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

const REFUSALS: ReadonlySet<number> = new Set([413, 422]);
const LATER: ReadonlySet<number> = new Set([429, 503]);

/** Stores an entry; comes again where the server asks for it. Throws TargetError. */
export async function storeEntry(target: Target, entry: PlainEntry): Promise<Stored> {
  for (let tries = 1; ; tries += 1) {
    const reply = await send(target, entry);
    const text = await reply.text();
    if (reply.ok) return 'stored';
    if (reply.status === 412) return 'there';
    if (REFUSALS.has(reply.status)) return 'refused';
    if (!LATER.has(reply.status) || tries >= limits.importTriesMax) {
      const shown = text.slice(0, limits.importEchoCharactersMax);
      throw new TargetError(`${target.url} answered with ${reply.status}: ${shown}`);
    }
    await delay(1000 * (Number(reply.headers.get('retry-after')) || limits.retryAfterSeconds));
  }
}

async function send({ url, token, replaces }: Target, entry: PlainEntry): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(replaces ? {} : { 'if-none-match': '*' }),
  };
  const signal = AbortSignal.timeout(limits.importTimeoutMs);
  try {
    const body = JSON.stringify(entry);
    return await fetch(new URL('/kv', url), { method: 'PUT', headers, body, signal });
  } catch (error) {
    const { cause } = error as Error;
    const why = messageOf(cause ?? error);
    throw new TargetError(`${url} cannot be reached: ${why}`, { cause: error });
  }
}
