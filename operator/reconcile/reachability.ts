// Asks an instance through its Service, once for each change of its endpoints, and remembers the
// answer. Only the operator inside the cluster can ask; elsewhere, or behind a policy, it says that
// it does not know.
import type { DumbKV } from '../../crds/schema.ts';
import { serviceUrl } from '../builders/service.ts';
import { objectKey } from '../kube/resource.ts';
import { probeLimits } from '../limits.ts';
import type { Reach } from '../status/compute.ts';

/** What a GET gave: an HTTP status, or the sentence that says why there is none. */
export type ProbeAnswer = { statusCode: number } | { failure: string };

/** Sends one GET; never throws. */
export type Probe = (url: string, signal: AbortSignal) => Promise<ProbeAnswer>;

interface Memory {
  uid: string;
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

/** The answers of all instances, by the key of their DumbKV. */
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
    const key = objectKey(dumbkv.metadata);
    if (endpoints === undefined) {
      this.forget(key);
      return NOT_ASKED;
    }
    if (this.#probe === undefined) return OUTSIDE;
    const before = this.#memories.get(key);
    const isSame = before?.uid === uid && before.endpoints === endpoints;
    if (isSame && before.reach.status !== 'False') return before.reach;
    const attempts = isSame ? before.attempts + 1 : 1;
    const answer = await this.#probe(`${serviceUrl(namespace, name)}/health`, signal);
    const reach = reachFrom(answer, attempts);
    this.#memories.set(key, { uid, endpoints, attempts, reach });
    return reach;
  }

  /** Lets go of the instance of this key, which is gone. */
  forget(key: string): void {
    this.#memories.delete(key);
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
