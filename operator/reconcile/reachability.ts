// Asks an instance through its Service, once for each change of its endpoints, and remembers the
// answer. Only the operator inside the cluster can ask; elsewhere, or behind a policy, it says that
// it does not know.
import type { DumbKV } from '../../crds/schema.ts';
import { serviceUrl } from '../builders/service.ts';
import { probeLimits } from '../limits.ts';
import type { Reach } from '../status/compute.ts';

/** What a GET gave: an HTTP status, or the sentence that says why there is none. */
export type ProbeAnswer = { statusCode: number } | { failure: string };

/** Sends one GET; never throws. */
export type Probe = (url: string, signal: AbortSignal) => Promise<ProbeAnswer>;

interface Memory {
  endpoints: string;
  attempts: number;
  reach: Reach;
}

const NOT_ASKED: Reach = {
  status: 'Unknown',
  reason: 'NotAsked',
  message: 'Nothing serves now, so nothing was asked.',
};
const OUTSIDE: Reach = {
  status: 'Unknown',
  reason: 'NotVerified',
  message: 'The operator runs outside the cluster and cannot ask through the Service.',
};

/** The answers of all instances, by the uid of their DumbKV. */
export class Reachability {
  readonly #probe: Probe | undefined;
  readonly #memories = new Map<string, Memory>();

  /** @param probe how to ask; undefined for an operator outside the cluster */
  constructor(probe: Probe | undefined) {
    this.#probe = probe;
  }

  /**
   * What is known of an instance whose endpoints are these; asks unless it has an answer already.
   */
  async check(dumbkv: DumbKV, endpoints: string | undefined, signal: AbortSignal): Promise<Reach> {
    const { uid, namespace, name } = dumbkv.metadata;
    if (endpoints === undefined) {
      this.#memories.delete(uid);
      return NOT_ASKED;
    }
    if (this.#probe === undefined) return OUTSIDE;
    const before = this.#memories.get(uid);
    const attempts = before?.endpoints === endpoints ? before.attempts : 0;
    if (before !== undefined && attempts > 0 && before.reach.status !== 'False')
      return before.reach;
    const answer = await this.#probe(`${serviceUrl(namespace, name)}/health`, signal);
    const reach = reachFrom(answer, attempts + 1);
    this.#memories.set(uid, { endpoints, attempts: attempts + 1, reach });
    return reach;
  }

  /** Lets go of an instance that is gone. */
  forget(uid: string): void {
    this.#memories.delete(uid);
  }
}

function reachFrom(answer: ProbeAnswer, attempts: number): Reach {
  if ('statusCode' in answer) {
    return answer.statusCode === 200
      ? { status: 'True', reason: 'Answered', message: 'Answered a GET through its Service.' }
      : {
          status: 'False',
          reason: 'Unhealthy',
          message:
            `GET /health through the Service was answered ${answer.statusCode}; see the ` +
            "server's log.",
        };
  }
  if (attempts < probeLimits.attempts) {
    const message = `GET /health through the Service failed: ${answer.failure}.`;
    return { status: 'False', reason: 'Unreachable', message };
  }
  return {
    status: 'Unknown',
    reason: 'NotVerified',
    message:
      `The operator could not ask through the Service (${answer.failure}); a network policy may ` +
      'keep it out.',
  };
}
