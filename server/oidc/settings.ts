// The settings of the OpenID Connect issuer whose tokens are taken.
// Next: `../config.ts` has them in its table; `jwt-callers.ts` uses what they say.
import { isLoopback } from '../heads.ts';
import { setting } from '../setting.ts';

/** A text that may stand in a URL of which only the path is wanted. */
function issuerOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !isSafe(url) || url.username || url.password || /[?#]/.test(text)) {
    throw new Error('must be an https URL without user, query and fragment, as the issuer has it');
  }
  return text;
}

/** Keys that come unprotected could be anybody's; on the way to this machine nobody is between. */
export const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));

function wordsOf(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.includes('')) throw new Error('must be words with commas between');
  return Object.freeze(words);
}

export const oidcSettings = {
  oidcIssuer: setting({
    name: 'OIDC_ISSUER',
    default: undefined,
    parse: issuerOf,
    description: 'OpenID Connect issuer whose tokens (JWT) are taken too: an https URL.',
  }),
  oidcAudience: setting({
    name: 'OIDC_AUDIENCE',
    default: undefined,
    parse: wordsOf,
    description: 'What such a token must be for, one of these, with commas between.',
  }),
  oidcAccessClaim: setting({
    name: 'OIDC_ACCESS_CLAIM',
    default: 'scope',
    parse: (text) => text,
    description: 'The claim of such a token that says what it may do; a.b is b within a.',
  }),
  oidcReadWriteValues: setting({
    name: 'OIDC_READ_WRITE_VALUES',
    default: 'dumbkv:read-write',
    parse: wordsOf,
    description: 'Who has one of these in that claim may read and write.',
  }),
  oidcReadOnlyValues: setting({
    name: 'OIDC_READ_ONLY_VALUES',
    default: 'dumbkv:read-only',
    parse: wordsOf,
    description: 'Who has one of these in that claim may read.',
  }),
} as const;

/** What is wrong with these settings beside each other, a clause each. */
export function oidcMistakes(env: Readonly<Record<string, string | undefined>>): string[] {
  const { oidcIssuer, oidcAudience, ...others } = oidcSettings;
  if (env[oidcIssuer.name]) {
    if (env[oidcAudience.name]) return [];
    return ['OIDC_AUDIENCE must be set beside OIDC_ISSUER: tokens for others must not count here'];
  }
  return [oidcAudience, ...Object.values(others)]
    .filter(({ name }) => env[name])
    .map(({ name }) => `${name} must not be set without OIDC_ISSUER`);
}
