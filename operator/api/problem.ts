// Why an instance cannot be brought further now: the shape in which checks, plans and failed writes
// say so. Pure; status/compute.ts turns a problem into conditions, reconcile/reconcile.ts into a
// time to look again.
import { isStalledReason, type StalledReason, type WaitingReason } from './conditions.ts';

/** What is wrong, in a sentence that says what to do, under a documented reason. */
export interface Problem {
  reason: StalledReason | WaitingReason;
  message: string;
}

/** How soon to look again for the first time at what no watch reports, in seconds. */
const RECHECK_STALLED_SECONDS = 10;
const RECHECK_WAITING_SECONDS = 5;

/** How many seconds to wait before the cause of a new problem is looked at again. */
export function recheckSeconds({ reason }: Problem): number {
  return isStalledReason(reason) ? RECHECK_STALLED_SECONDS : RECHECK_WAITING_SECONDS;
}

/** A problem met while a child was written; reconcile.ts reports it instead of retrying at once. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}
