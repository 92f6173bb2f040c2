// What the claims of a token say of its access, whatever shape the issuer gives them.
// Next: `jwt-callers.ts` makes a caller of it.
import type { Access } from '../callers.ts';

/** Which claim says what a caller may do, and in which words. */
export interface AccessRule {
  readonly claim: string;
  readonly readWriteValues: readonly string[];
  readonly readOnlyValues: readonly string[];
}

/** The access that these claims give: the most that one of their values does. */
export function accessOfClaims(claims: object, rule: AccessRule): Access {
  const values = valuesOf(claimAt(claims, rule.claim));
  if (rule.readWriteValues.some((value) => values.includes(value))) return 'read-write';
  return rule.readOnlyValues.some((value) => values.includes(value)) ? 'read-only' : 'none';
}

/** Names of claims may hold dots themselves, as those that are URLs do: these go first. */
function claimAt(claims: object, path: string): unknown {
  if (Object.hasOwn(claims, path)) return memberOf(claims, path);
  return path.split('.').reduce<unknown>(memberOf, claims);
}

const memberOf = (holder: unknown, name: string): unknown =>
  typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Record<string, unknown>)[name]
    : undefined;

/** Scopes are one text with spaces between, roles and groups a list. */
function valuesOf(claim: unknown): readonly unknown[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim : [];
}
