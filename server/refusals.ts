// Batches that were not made: what the store says, as a caller is told it. Pure.
// Next: `problem.ts`.
import { ReplyError, type ReplyErrorCode, replyErrors } from './errors.ts';
import type { Refusal, RefusalReason } from './store/change.ts';

const CODES: Readonly<Record<RefusalReason, ReplyErrorCode>> = {
  condition: 'DKV_PRECONDITION_FAILED',
  'no-counter': 'DKV_COUNTER_INVALID',
  'counter-overflow': 'DKV_COUNTER_OVERFLOW',
  // only an import puts what may have ended, and counts it
  ended: 'DKV_INTERNAL',
};

/** The error for a change that stands alone. */
export const refusalError = ({ reason }: Refusal): ReplyError => new ReplyError(CODES[reason]);

/** The error for one of several operations; `index` names it. */
export function operationError({ at, reason }: Refusal): ReplyError {
  const code = CODES[reason];
  const detail = `operations/${at}: ${replyErrors[code].sentence}`;
  return new ReplyError(code, detail, { members: { index: at } });
}
