// What can go wrong, as a sentence that says what to do: made from what kubectl said. Pure.
// kubectl.ts throws it, run.ts prints it.
import { EXIT } from './exit-code.ts';

/** Ends a command with this message and exit code. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The arguments make no sense. */
export const usageFailure = (message: string): Failure => new Failure(message, EXIT.usage);

/** The one DumbKV that was named is not there. */
export class NotFoundFailure extends Failure {}

const KNOWN: readonly { pattern: RegExp; says: (found: RegExpExecArray) => string }[] = [
  {
    pattern: /doesn't have a resource type "dumbkvs|could not find the requested resource/,
    says: () =>
      'This cluster does not know the kind DumbKV: the operator is not installed. Install it ' +
      '(`kubectl apply -k config/default`), or choose another cluster with --context.',
  },
  {
    pattern: /\(Forbidden\): (?<sentence>.*)/,
    says: ({ groups }) =>
      `You may not do that here: ${groups?.sentence}. Ask whoever runs the cluster for that ` +
      'right, or choose another user with --context or --as.',
  },
  {
    pattern: /must be logged in|\(Unauthorized\)|asked for the client to provide credentials/,
    says: () => 'The cluster does not know you: log in again, or choose another --context.',
  },
  {
    pattern: /connection to the server .* was refused|Unable to connect|i\/o timeout|no such host/,
    says: ({ input }) =>
      `The cluster cannot be reached: ${input.trim()} See that it runs and that ` +
      '`kubectl config current-context` is the one you mean.',
  },
  {
    pattern: /\(Conflict\)/,
    says: () => 'Somebody else changed the same object at this moment: call this again.',
  },
];

const NOT_FOUND = /\(NotFound\): dumbkvs\.dumbkv\.dev "(?<name>[^"]*)" not found/;

/** The failure that kubectl's words tell of; what is not known is passed on as it is. */
export function failureOf(stderr: string): Failure {
  const missing = NOT_FOUND.exec(stderr)?.groups?.name;
  if (missing !== undefined) {
    return new NotFoundFailure(
      `There is no DumbKV "${missing}" in this namespace: ` +
        '`kubectl dumbkv status --all-namespaces` lists all, -n chooses the namespace.',
    );
  }
  for (const { pattern, says } of KNOWN) {
    const found = pattern.exec(stderr);
    if (found !== null) return new Failure(says(found));
  }
  return new Failure(stderr.trim().replace(/^error: /i, '') || 'kubectl failed and said nothing.');
}
