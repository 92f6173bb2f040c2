// The public keys of the issuer: found by its discovery document, kept, and fetched again before
// they are old or when a token names one that is not there.
// Next: `fetch-json.ts`; `jwt-callers.ts` checks signatures with them.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { BaseLogger } from 'pino';
import { messageOf, ReplyError } from '../errors.ts';
import { limits } from '../limits.ts';
import { poll } from '../poll.ts';
import { fetchJson } from './fetch-json.ts';
import { isSafe } from './settings.ts';

/** How long things take; a test hurries. */
export interface KeyTimes {
  readonly refreshMs: number;
  readonly pauseMs: number;
  readonly failurePauseMs: number;
  readonly keepMs: number;
}

const TIMES: KeyTimes = {
  refreshMs: limits.oidcRefreshMs,
  pauseMs: limits.oidcPauseMs,
  failurePauseMs: limits.oidcFailurePauseMs,
  keepMs: limits.oidcKeepMs,
};

export class IssuerKeys {
  /** Raised when other keys take the place of those that there were. */
  generation = 0;
  readonly close: () => void;
  readonly #issuer: string;
  readonly #log: BaseLogger;
  readonly #times: KeyTimes;
  #keys: JWTVerifyGetKey | undefined;
  #text = '';
  #fetchedAtMs = 0;
  #askedAtMs = 0;
  #complaint = '';
  #pending: Promise<void> | undefined;

  /** Begins to fetch them; whoever needs one before waits. */
  constructor(issuer: string, log: BaseLogger, times: Partial<KeyTimes> = {}) {
    this.#issuer = issuer;
    this.#log = log;
    this.#times = { ...TIMES, ...times };
    void this.#refresh();
    this.close = poll(() => this.#refresh(), this.#times.refreshMs);
  }

  /** The key that a token names. Throws DKV_ISSUER_UNAVAILABLE where nobody can tell. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (this.#usable === undefined) await this.#refreshIfDue();
    try {
      return await this.#keyNow(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    // It may be newer than the keys that are here.
    await this.#refreshIfDue();
    if (this.#complaint !== '') throw unavailable();
    return this.#keyNow(header, token);
  };

  async #keyNow(...[header, token]: Parameters<JWTVerifyGetKey>) {
    const keys = this.#usable;
    if (keys === undefined) throw unavailable();
    return keys(header, token);
  }

  get #usable(): JWTVerifyGetKey | undefined {
    return Date.now() - this.#fetchedAtMs < this.#times.keepMs ? this.#keys : undefined;
  }

  /** Anybody can make up tokens that name unknown keys: the issuer is not asked for each. */
  async #refreshIfDue(): Promise<void> {
    const { pauseMs, failurePauseMs } = this.#times;
    const dueMs = this.#askedAtMs + (this.#complaint === '' ? pauseMs : failurePauseMs);
    if (this.#pending !== undefined || Date.now() >= dueMs) await this.#refresh();
  }

  #refresh(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    this.#askedAtMs = Date.now();
    try {
      this.#take(await fetchKeys(this.#issuer));
      if (this.#complaint !== '') this.#log.info('the keys of the issuer can be had again');
      this.#complaint = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason === this.#complaint) return;
      this.#complaint = reason;
      this.#log.warn({ reason }, 'the keys of the issuer cannot be had; those known stay');
    }
  }

  #take(set: JSONWebKeySet): void {
    const text = JSON.stringify(set);
    this.#keys = createLocalJWKSet(set);
    this.#fetchedAtMs = Date.now();
    if (text === this.#text) return;
    this.#text = text;
    this.generation += 1;
  }
}

const unavailable = (): ReplyError =>
  new ReplyError('DKV_ISSUER_UNAVAILABLE', undefined, {
    headers: { 'retry-after': String(Math.ceil(limits.oidcFailurePauseMs / 1000)) },
  });

interface Discovery {
  readonly issuer?: unknown;
  readonly jwks_uri?: unknown;
}

/** Fetches the keys where the issuer says they are (OpenID Connect Discovery 1.0, section 4). */
async function fetchKeys(issuer: string): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(limits.oidcFetchTimeoutMs);
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = ((await fetchJson(address, signal)) ?? {}) as Discovery;
  if (found.issuer !== issuer) throw new Error(`${address}: it is of another issuer`);
  const keysUrl = URL.parse(String(found.jwks_uri));
  if (keysUrl === null || !isSafe(keysUrl)) {
    throw new Error(`${address}: its jwks_uri is no https URL`);
  }
  return (await fetchJson(keysUrl, signal)) as JSONWebKeySet;
}
