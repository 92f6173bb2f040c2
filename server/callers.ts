// Who calls: what a bearer token says of whoever sends it, wherever the token comes from.
// Next: `tokens.ts` knows those of the token file, `oidc/jwt-callers.ts` those of an issuer;
// `auth.ts` asks.

/** `none`: known, and allowed nothing. */
export type Access = 'none' | 'read-only' | 'read-write';

/** Somebody who sent a token that is known. */
export interface Caller {
  /** Tells callers apart, and gives nothing of their tokens away. */
  readonly id: string;
  readonly access: Access;
  /** From then on the token counts no more, in ms since 1970; Infinity: as long as it is known. */
  readonly expiresAtMs: number;
}

/** A source of callers. */
export interface Callers {
  /** Another number whenever an answer that was given before may no longer hold. */
  readonly generation: number;
  /** Who sends this token; undefined for an unknown one. */
  callerOf(token: string): Caller | undefined | Promise<Caller | undefined>;
  close(): void;
}

/** Those whom the first knows, and whom it does not know those of the second. */
export const eitherOf = (first: Callers, second: Callers): Callers => {
  return {
    get generation() {
      return first.generation + second.generation;
    },
    callerOf: (token) => first.callerOf(token) ?? second.callerOf(token),
    close: () => {
      first.close();
      second.close();
    },
  };
};
