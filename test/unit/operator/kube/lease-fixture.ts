// A Lease in memory with an API server's rules (resource versions, conflicts) and its failures, and
// candidates for it on one clock that stands still. The tests of the election begin with these.
import { ApiError, TransportError } from '../../../../operator/kube/api-errors.ts';
import type { KubeClient, KubeObject, ResourceType } from '../../../../operator/kube/client.ts';
import { LeaderElection } from '../../../../operator/kube/lease.ts';
import { specOf } from '../../../../operator/kube/lease-record.ts';
import type { FakeClock } from '../../../support/fake-clock.ts';

/** What is wrong with the way of one candidate. */
interface Way {
  isCut?: boolean;
  losesAnswers?: boolean;
  /** Answers come when this is over. */
  answersAfter?: Promise<void>;
}

/** The one Lease, and how the way to it is for each candidate. */
export class LeaseServer {
  lease: KubeObject | undefined;
  /** Every write that was accepted: who, and what. */
  readonly writes: string[] = [];
  reads = 0;
  #version = 0;

  /**
   * A client of one candidate; while `isCut` its calls fail, while `losesAnswers` they only seem
   * to.
   */
  client(way: Way): KubeClient {
    const answered = async <T>(call: () => T): Promise<T> => {
      if (way.isCut) throw new TransportError('DKV_KUBE_UNREACHABLE', 'the way is cut');
      const answer = call();
      if (way.losesAnswers) throw new TransportError('DKV_KUBE_TIMEOUT', 'no answer in time');
      await way.answersAfter;
      return answer;
    };
    const calls = {
      get: () => answered(() => this.#get()),
      create: (_type: ResourceType, lease: KubeObject) => answered(() => this.#create(lease)),
      replace: (_type: ResourceType, lease: KubeObject) => answered(() => this.#replace(lease)),
    };
    return calls as unknown as KubeClient;
  }

  #get(): KubeObject | undefined {
    this.reads += 1;
    return structuredClone(this.lease);
  }

  #create(lease: KubeObject): KubeObject {
    if (this.lease) throw refusal(409, 'AlreadyExists');
    return this.write(lease);
  }

  #replace(lease: KubeObject): KubeObject {
    if (!this.lease) throw refusal(404, 'NotFound');
    if (this.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      throw refusal(409, 'Conflict');
    }
    return this.write(lease);
  }

  /** Writes without a condition, as an administrator might. */
  write(lease: KubeObject): KubeObject {
    this.#version += 1;
    const metadata = { ...lease.metadata, resourceVersion: String(this.#version) };
    this.lease = structuredClone({ ...lease, metadata });
    this.writes.push(specOf(lease).holderIdentity ?? '');
    return structuredClone(this.lease);
  }

  get holder(): string | undefined {
    return this.lease && specOf(this.lease).holderIdentity;
  }
}

function refusal(statusCode: number, reason: string): ApiError {
  return new ApiError({ method: 'PUT', path: '/leases/operator' }, statusCode, { reason });
}

/** A candidate at work: whether it leads, what its work does when it must end. */
export function startCandidate(
  server: LeaseServer,
  clock: FakeClock,
  identity: string,
  work: (signal: AbortSignal) => Promise<void> = untilAborted,
  random = 0,
) {
  const way: Way = {};
  const told: boolean[] = [];
  const errors: unknown[] = [];
  const state = { begun: 0, working: false };
  const election = new LeaderElection({
    client: server.client(way),
    namespace: 'system',
    name: 'operator',
    identity,
    clock,
    random: () => random,
    onLeader: (isLeader) => told.push(isLeader),
    onError: (error) => errors.push(error),
  });
  const stopping = new AbortController();
  const running = election.run(stopping.signal, async (signal) => {
    state.begun += 1;
    state.working = true;
    await work(signal).finally(() => {
      state.working = false;
    });
  });
  return { election, way, told, errors, state, running, stop: () => stopping.abort() };
}

/** Work that ends when it is told to. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
