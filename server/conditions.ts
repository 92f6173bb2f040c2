// Conditions of a request: `If-Match` and `If-None-Match`, kept or refused, never passed over.
// Pure.
// Next: `store/decide.ts` asks of writes whether they hold, `readOutcome` of reads.
import type { IncomingHttpHeaders } from 'node:http';
import { ReplyError } from './errors.ts';
import { revisionOf, tagsOf } from './etag.ts';
import { limits } from './limits.ts';
import type { Condition, Revisions } from './store/change.ts';
import { holds } from './store/decide.ts';

/** A condition as it is written: lists of entity tags, or `*`. */
export interface WrittenCondition {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** What a written condition asks for. Throws DKV_HEADER_INVALID where it is malformed. */
export function conditionOf(
  { ifMatch, ifNoneMatch }: WrittenCondition,
  incarnation: string,
): Condition | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  // "changed or not" is asked strongly, "do I have it already" weakly (RFC 9110, 13.1)
  return {
    match: revisionsOf(tagsIn('If-Match', ifMatch), incarnation, false),
    noneMatch: revisionsOf(tagsIn('If-None-Match', ifNoneMatch), incarnation, true),
  };
}

function tagsIn(name: string, text: string | undefined): ReturnType<typeof tagsOf> {
  const tags = text === undefined ? undefined : tagsOf(text);
  if (text === undefined || tags !== undefined) return tags;
  const detail = `${name} must be * or a list of 1 to ${limits.etagsMax} entity tags.`;
  throw new ReplyError('DKV_HEADER_INVALID', detail);
}

function revisionsOf(
  tags: ReturnType<typeof tagsOf>,
  incarnation: string,
  takesWeak: boolean,
): Revisions | undefined {
  if (tags === 'any' || tags === undefined) return tags;
  // a tag that this store has never given is that of no entry
  return tags.flatMap(({ isWeak, opaque }) => {
    const revision = isWeak && !takesWeak ? undefined : revisionOf(incarnation, opaque);
    return typeof revision === 'number' ? [revision] : [];
  });
}

const UNSUPPORTED = 'There is no time of modification here: use If-Match or If-None-Match.';

/** The condition that the headers of a request make. Throws ReplyError. */
export function headerCondition(
  headers: IncomingHttpHeaders,
  incarnation: string,
): Condition | undefined {
  if (headers['if-unmodified-since'] !== undefined) {
    throw new ReplyError('DKV_PRECONDITION_UNSUPPORTED', UNSUPPORTED);
  }
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
  return conditionOf({ ifMatch, ifNoneMatch }, incarnation);
}

const CONDITIONS = ['if-match', 'if-none-match', 'if-unmodified-since'] as const;

/** For calls that know no condition: who sends one relies on it. Throws ReplyError. */
export function refuseConditions(headers: IncomingHttpHeaders): void {
  const sent = CONDITIONS.find((name) => headers[name] !== undefined);
  if (sent === undefined) return;
  throw new ReplyError('DKV_PRECONDITION_UNSUPPORTED', `This call does not know ${sent}.`);
}

/** What becomes of a read of an entry: it is sent, the caller has it already, or it is another. */
export function readOutcome(
  condition: Condition | undefined,
  entry: { readonly revision: number },
): 'send' | 'not-modified' | 'failed' {
  if (condition === undefined) return 'send';
  if (!holds({ match: condition.match }, entry)) return 'failed';
  return holds({ noneMatch: condition.noneMatch }, entry) ? 'send' : 'not-modified';
}
