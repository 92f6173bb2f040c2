// Problems: how soon their cause is looked at again, and how one travels as an error.
import { describe, expect, it } from 'vitest';
import { type Problem, ProblemError, recheckSeconds } from '../../../../operator/api/problem.ts';

const stalled: Problem = { reason: 'NameConflict', message: 'Service "orders" is not ours.' };
const waiting: Problem = { reason: 'Terminating', message: 'Service "orders" is going.' };

describe('a problem', () => {
  it('that nobody has to mend is looked at again sooner than one that somebody has to', () => {
    expect(recheckSeconds(waiting)).toBeLessThan(recheckSeconds(stalled));
  });

  it.each([stalled, waiting])('is looked at again within seconds at first ($reason)', (problem) => {
    expect(recheckSeconds(problem)).toBeGreaterThanOrEqual(5);
    expect(recheckSeconds(problem)).toBeLessThanOrEqual(10);
  });

  it('travels as an error with its own sentence and its cause', () => {
    const cause = new Error('refused');
    const error = new ProblemError(stalled, { cause });
    expect(error).toMatchObject({
      name: 'ProblemError',
      message: stalled.message,
      problem: stalled,
      cause,
    });
  });
});
