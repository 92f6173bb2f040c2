// Who may call, as the settings say: those of the token file, those of an issuer, both, or all.
// Next: `tokens.ts`, `oidc/jwt-callers.ts`; `auth.ts` asks them.
import type { BaseLogger } from 'pino';
import { type Callers, eitherOf } from './callers.ts';
import type { Config } from './config.ts';
import { openTokens } from './tokens.ts';

/** Those who may call; undefined: everybody. Throws DKV_TOKENS_FILE_INVALID. */
export async function openCallers(config: Config, log: BaseLogger): Promise<Callers | undefined> {
  const { tokensFile } = config;
  const ofFile = tokensFile === undefined ? undefined : await openTokens(tokensFile, log);
  const ofIssuer = await openIssuer(config, log);
  if (ofFile === undefined || ofIssuer === undefined) return ofFile ?? ofIssuer;
  return eitherOf(ofFile, ofIssuer);
}

async function openIssuer(config: Config, log: BaseLogger): Promise<Callers | undefined> {
  const { oidcIssuer: issuer, oidcAudience: audience } = config;
  if (issuer === undefined || audience === undefined) return undefined;
  // Loaded only where it is needed: memory counts.
  const { JwtCallers } = await import('./oidc/jwt-callers.ts');
  return new JwtCallers(
    {
      issuer,
      audience,
      claim: config.oidcAccessClaim,
      readWriteValues: config.oidcReadWriteValues,
      readOnlyValues: config.oidcReadOnlyValues,
    },
    log,
  );
}
