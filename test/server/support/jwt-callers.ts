// The callers of a test issuer, asked by an app, with times that are short enough to wait for.
// Used by tests of callers with a JWT.
import { onTestFinished } from 'vitest';
import type { KeyTimes } from '../../../server/oidc/issuer-keys.ts';
import { type IssuerRule, JwtCallers } from '../../../server/oidc/jwt-callers.ts';
import { type CapturedLog, capturedLog } from './captured-log.ts';
import { AUDIENCE, type TestIssuer } from './issuer.ts';

export interface OpenCallers extends CapturedLog {
  readonly callers: JwtCallers;
  /** What the token gives; undefined: it is not known. */
  accessOf(token: string): Promise<string | undefined>;
}

/** The callers of `issuer`, closed when the running test ends. */
export function openCallers(
  issuer: TestIssuer,
  rule: Partial<IssuerRule> = {},
  times: Partial<KeyTimes> = {},
  rememberedMax?: number,
): OpenCallers {
  const captured = capturedLog();
  const whole: IssuerRule = {
    issuer: issuer.url,
    audience: [AUDIENCE],
    claim: 'scope',
    readWriteValues: ['dumbkv:read-write'],
    readOnlyValues: ['dumbkv:read-only'],
    ...rule,
  };
  const callers = new JwtCallers(whole, captured.log, times, rememberedMax);
  onTestFinished(() => callers.close());
  return {
    ...captured,
    callers,
    accessOf: async (token) => (await callers.callerOf(token))?.access,
  };
}
