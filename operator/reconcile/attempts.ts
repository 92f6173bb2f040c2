// The steps of one reconcile, each tried whatever became of the others: a refused Ingress must not
// keep a pod from being made. bring-about.ts takes the steps; what stopped them is reported in the
// status.
import { type Problem, ProblemError } from '../api/problem.ts';
import { ApiError, isNamespaceTerminating } from '../kube/api-errors.ts';

/** What stopped steps of a reconcile: the first problem is the one that a user hears of. */
export class Attempts {
  readonly problems: Problem[] = [];
  /** A failure that a retry may mend; thrown once the status has been written. */
  failure: unknown;

  /**
   * Takes a step.
   * @returns what it gave, or undefined if something is in its way
   * @throws whatever ends the whole reconcile: a conflict, a lost connection, a lost Lease
   */
  async make<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      this.problems.push(problem);
      if (problem.reason === 'ChildFailing') this.failure ??= error;
      return undefined;
    }
  }
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (!(error instanceof ApiError) || isNamespaceTerminating(error)) return undefined;
  const said = error.message.replace(/\.$/, '');
  // a quota, a policy, a missing right or a bad value: no retry mends it, the user must hear of it
  if ([400, 403, 422].includes(error.statusCode)) {
    const refusal = `The API server refused a child: ${said}.`;
    return {
      reason: 'ChildRejected',
      message: `${refusal} Mend what it names; it is tried again.`,
    };
  }
  if (error.statusCode < 500) return undefined;
  return { reason: 'ChildFailing', message: `The API server failed: ${said}. It is tried again.` };
}
