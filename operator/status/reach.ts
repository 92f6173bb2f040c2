// What is known of an instance's answer to a GET through its Service, and in which words. Pure:
// reconcile/reachability.ts asks and remembers, compute.ts makes it the condition `Reachable`.
import type { Condition } from '../../crds/schema.ts';

/** What is known now. */
export interface Reach {
  status: 'True' | 'False' | 'Unknown';
  reason: keyof typeof ANSWERS | 'Asking' | 'NotAsked';
  message: string;
}

/** What one GET gave; `detail` is its status or error, in a few words. */
export interface ProbeAnswer {
  /**
   * `healthy` and `unhealthy` are the server's own word. `intercepted`: something in between
   * answered or cut the connection; `silent`: nobody did; `refused`: there is no way to it.
   */
  outcome: 'healthy' | 'unhealthy' | 'refused' | 'silent' | 'intercepted';
  detail: string;
}

/** The reasons that rest on answers, or on none, each with the status that it goes with. */
const ANSWERS = {
  Answered: 'True',
  Unhealthy: 'False',
  Unreachable: 'False',
  NotVerified: 'Unknown',
  Intercepted: 'Unknown',
} as const;

export const NOT_ASKED: Reach = {
  status: 'Unknown',
  reason: 'NotAsked',
  message: 'Nothing serves now, so nothing was asked.',
};
export const ASKING: Reach = {
  status: 'Unknown',
  reason: 'Asking',
  message: 'The operator asks through the Service; there is no answer yet.',
};
export const OUTSIDE: Reach = {
  status: 'Unknown',
  reason: 'NotVerified',
  message: 'The operator runs outside the cluster and cannot ask through the Service.',
};

/** Whether this rests on an answer, or on the lack of one after several tries. */
export function isSettled({ reason }: Reach): boolean {
  return Object.hasOwn(ANSWERS, reason);
}

/** What an earlier operator found out and wrote into the status, if it did. */
export function formerReach(conditions: readonly Condition[] = []): Reach | undefined {
  const former = conditions.find(({ type }) => type === 'Reachable');
  if (former === undefined || !Object.hasOwn(ANSWERS, former.reason)) return undefined;
  const { status, message } = former;
  const reason = former.reason as keyof typeof ANSWERS;
  return ANSWERS[reason] === status ? { status, reason, message } : undefined;
}

/** What an answer means. */
export function reachFrom({ outcome, detail }: ProbeAnswer): Reach {
  const [reason, message] = MEANINGS[outcome](detail);
  return { status: ANSWERS[reason], reason, message };
}

type Meaning = (detail: string) => readonly [keyof typeof ANSWERS, string];

const MEANINGS: Record<ProbeAnswer['outcome'], Meaning> = {
  healthy: () => ['Answered', 'Answered a GET through its Service.'],
  unhealthy: (detail) => [
    'Unhealthy',
    `GET /health through the Service was answered ${detail}; see the server's log.`,
  ],
  refused: (detail) => ['Unreachable', `GET /health through the Service failed: ${detail}.`],
  silent: (detail) => [
    'NotVerified',
    `The operator could not ask through the Service (${detail}); a network policy may keep it out.`,
  ],
  intercepted: (detail) => [
    'Intercepted',
    `GET /health through the Service met something else than the server (${detail}); a proxy or ` +
      'a service mesh may keep the operator out.',
  ],
};
