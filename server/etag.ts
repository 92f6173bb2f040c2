// Entity tags: an entry at one of its revisions, as a caller may hold it, and the lists of them
// that conditions are made of. Pure.
// Next: `conditions.ts` asks what they come to.
import { limits } from './limits.ts';

/** How much of the incarnation is shown: enough to tell a store from its restored self. */
const INCARNATION_DIGITS = 8;
const POSITION = /^(?<incarnation>[0-9a-f]{8})-(?<revision>0|[1-9]\d{0,15})$/;
// what is between two tags is taken before the second one, so that nothing is looked at twice
const TAG = /[ \t,]*(?<weak>W\/)?"(?<opaque>[\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?=,|$)/y;
const ANY = /^[ \t]*\*[ \t]*$/;
const NOTHING = /^[ \t,]*$/;

/** A revision of a store: `3f2a9c01-42`; revisions count anew after a restore. */
export const positionOf = (incarnation: string, revision: number): string =>
  `${incarnation.slice(0, INCARNATION_DIGITS)}-${revision}`;

/** The strong entity tag of an entry. */
export const etagOf = (incarnation: string, revision: number): string =>
  `"${positionOf(incarnation, revision)}"`;

/**
 * The revision that a position tells; `foreign` where it is of another incarnation, undefined where
 * it is none.
 */
export function revisionOf(incarnation: string, position: string): number | 'foreign' | undefined {
  const groups = POSITION.exec(position)?.groups;
  const revision = Number(groups?.revision);
  if (groups === undefined || !Number.isSafeInteger(revision)) return undefined;
  return groups.incarnation === incarnation.slice(0, INCARNATION_DIGITS) ? revision : 'foreign';
}

export interface EntityTag {
  readonly isWeak: boolean;
  readonly opaque: string;
}

/**
 * The tags of an `If-Match` or `If-None-Match`, as RFC 9110 writes them; undefined where it is no
 * list of tags, or has too many.
 */
export function tagsOf(text: string): 'any' | readonly EntityTag[] | undefined {
  if (ANY.test(text)) return 'any';
  const tags: EntityTag[] = [];
  let end = 0;
  for (TAG.lastIndex = 0; ; end = TAG.lastIndex) {
    const groups = TAG.exec(text)?.groups;
    if (groups === undefined) break;
    tags.push({ isWeak: groups.weak !== undefined, opaque: groups.opaque ?? '' });
  }
  const isList = NOTHING.test(text.slice(end));
  return isList && tags.length > 0 && tags.length <= limits.etagsMax ? tags : undefined;
}
