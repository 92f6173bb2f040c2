// Callers with a JWT of the issuer: signature and claims are checked once, and remembered until
// the token expires or the issuer has other keys.
// Next: `issuer-keys.ts`, `claims.ts`; `../auth.ts` asks.
import { hash } from 'node:crypto';
import { type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { BaseLogger } from 'pino';
import type { Caller, Callers } from '../callers.ts';
import { messageOf, ReplyError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type AccessRule, accessOfClaims } from './claims.ts';
import { IssuerKeys, type KeyTimes } from './issuer-keys.ts';

/** Whose tokens are taken, what they must be for, and what they may do. */
export interface IssuerRule extends AccessRule {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** Only what is signed with a key that the issuer alone has: no HMAC, and not `none`. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const LOOKS_LIKE_JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The callers of this issuer; begins to fetch its keys. */
export class JwtCallers implements Callers {
  readonly #keys: IssuerKeys;
  readonly #rule: IssuerRule;
  readonly #log: BaseLogger;
  readonly #options: JWTVerifyOptions;
  readonly #rememberedMax: number;
  /** By the digest of their token, the oldest first. */
  readonly #verified = new Map<string, Caller>();
  #generation = 0;

  constructor(
    rule: IssuerRule,
    log: BaseLogger,
    times?: Partial<KeyTimes>,
    rememberedMax: number = limits.oidcTokensMax,
  ) {
    this.#rememberedMax = rememberedMax;
    this.#rule = rule;
    this.#log = log;
    this.#keys = new IssuerKeys(rule.issuer, log, times);
    this.#options = {
      issuer: rule.issuer,
      audience: [...rule.audience],
      algorithms: ALGORITHMS,
      clockTolerance: limits.oidcClockToleranceSeconds,
      requiredClaims: ['exp'],
    };
  }

  get generation(): number {
    return this.#keys.generation;
  }

  callerOf(token: string): Caller | undefined | Promise<Caller | undefined> {
    if (!LOOKS_LIKE_JWT.test(token)) return undefined;
    this.#forgetIfKeysChanged();
    const digest = hash('sha256', token, 'base64');
    const known = this.#verified.get(digest);
    if (known !== undefined && Date.now() < known.expiresAtMs) return known;
    return this.#verify(token, digest);
  }

  close(): void {
    this.#keys.close();
  }

  #forgetIfKeysChanged(): void {
    if (this.#generation === this.generation) return;
    this.#generation = this.generation;
    this.#verified.clear();
  }

  async #verify(token: string, digest: string): Promise<Caller | undefined> {
    const { generation } = this;
    try {
      const { payload } = await jwtVerify(token, this.#keys.keyFor, this.#options);
      const caller = callerWith(payload, digest, this.#rule);
      if (generation === this.generation) this.#remember(digest, caller);
      return caller;
    } catch (error) {
      if (error instanceof ReplyError) throw error;
      this.#log.debug({ reason: messageOf(error) }, 'a token of the issuer was refused');
      return undefined;
    }
  }

  #remember(digest: string, caller: Caller): void {
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined && this.#verified.size >= this.#rememberedMax) {
      this.#verified.delete(oldest);
    }
    this.#verified.set(digest, caller);
  }
}

function callerWith(claims: JWTPayload, digest: string, rule: AccessRule): Caller {
  const name = claims.sub === undefined ? digest : hash('sha256', claims.sub, 'base64');
  return {
    id: `jwt ${name}`,
    access: accessOfClaims(claims, rule),
    expiresAtMs: ((claims.exp ?? 0) + limits.oidcClockToleranceSeconds) * 1000,
  };
}
