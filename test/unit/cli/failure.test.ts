// What kubectl says, as sentences that say what to do. The words are those of kubectl 1.31 to 1.34;
// test/controller/cli hears the most important ones from a real one.
import { describe, expect, it } from 'vitest';
import { Failure, failureOf, NotFoundFailure, usageFailure } from '../../../cli/failure.ts';

describe('a failure', () => {
  it.each([
    [
      'Error from server (NotFound): dumbkvs.dumbkv.dev "orders" not found',
      'There is no DumbKV "orders" in this namespace',
    ],
    ['error: the server doesn\'t have a resource type "dumbkvs"', 'the operator is not installed'],
    [
      'Error from server (NotFound): the server could not find the requested resource',
      'the operator is not installed',
    ],
    [
      'Error from server (Forbidden): secrets "a" is forbidden: User "u" cannot get resource',
      'You may not do that here: secrets "a" is forbidden: User "u" cannot get resource.',
    ],
    ['error: You must be logged in to the server (Unauthorized)', 'log in again'],
    [
      'The connection to the server 127.0.0.1:1 was refused - did you specify the right host?',
      'The cluster cannot be reached: The connection to the server 127.0.0.1:1',
    ],
    [
      'Unable to connect to the server: dial tcp: lookup nowhere: no such host',
      'The cluster cannot be reached',
    ],
    ['Error from server (Conflict): Operation cannot be fulfilled', 'call this again'],
    ['error: context "x" does not exist', 'context "x" does not exist'],
    ['', 'kubectl failed and said nothing.'],
  ])('of %j says so', (stderr, sentence) => {
    const failure = failureOf(stderr);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.message).toContain(sentence);
    expect(failure.exitCode).toBe(1);
  });

  it('tells a missing DumbKV from a missing anything', () => {
    const missing = (what: string) => failureOf(`Error from server (NotFound): ${what} not found`);
    expect(missing('dumbkvs.dumbkv.dev "a"')).toBeInstanceOf(NotFoundFailure);
    expect(missing('secrets "a"')).not.toBeInstanceOf(NotFoundFailure);
  });

  it('of the arguments has a code of its own', () => {
    expect(usageFailure('no').exitCode).toBe(2);
  });
});
