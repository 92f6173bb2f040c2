// Asks instances through their Services, beside the reconciles: a reconcile looks at what is known
// and goes on, and an answer that is news puts the key back in the queue. Only an operator inside
// the cluster can ask; elsewhere it says that it does not know.
import type { DumbKV } from '../../crds/schema.ts';
import { serviceUrl } from '../builders/service.ts';
import type { Clock } from '../clock.ts';
import { objectKey } from '../kube/resource.ts';
import { probeLimits } from '../limits.ts';
import { doubledMs } from '../queue/backoff.ts';
import {
  ASKING,
  formerReach,
  isSettled,
  NOT_ASKED,
  OUTSIDE,
  type ProbeAnswer,
  type Reach,
  reachFrom,
} from '../status/reach.ts';

/** Sends one GET; never throws. */
export type Probe = (url: string, signal: AbortSignal) => Promise<ProbeAnswer>;

export interface ReachabilityOptions {
  /** How to ask; undefined for an operator outside the cluster. */
  probe: Probe | undefined;
  clock: Clock;
  /** Ends all asking. */
  signal: AbortSignal;
  /** Told when what is known of an instance has changed. */
  onNews: (key: string) => void;
}

/** One instance with certain endpoints, or with none. */
interface Memory {
  readonly key: string;
  readonly url: string;
  readonly uid: string;
  readonly endpoints: string | undefined;
  readonly stop: AbortController;
  reach: Reach;
  isAsking: boolean;
  /** From when on a look asks; the tries before are the timer's. */
  askAtMs: number;
  cancelTimer: () => void;
  tries: number;
  last: ProbeAnswer['outcome'] | undefined;
  /** How often in a row the last outcome was met. */
  repeats: number;
}

/** What is known of all instances, by the key of their DumbKV. */
export class Reachability {
  readonly #options: ReachabilityOptions;
  readonly #memories = new Map<string, Memory>();
  readonly #line = new Set<Memory>();
  #running = 0;

  constructor(options: ReachabilityOptions) {
    this.#options = options;
    const stop = () => [...this.#memories.keys()].forEach((key) => void this.forget(key));
    options.signal.addEventListener('abort', stop, { once: true });
  }

  /**
   * What is known of an instance whose endpoints are these (undefined: none are ready). It is asked
   * once for each change of them; until there is an answer the former one holds.
   */
  look(dumbkv: DumbKV, endpoints: string | undefined): Reach {
    const { probe, clock, signal } = this.#options;
    if (probe === undefined) return endpoints === undefined ? NOT_ASKED : OUTSIDE;
    const memory = this.#memoryOf(dumbkv, endpoints);
    const isDue = !memory.isAsking && memory.askAtMs <= clock.nowMs();
    if (isDue && !signal.aborted) this.#ask(memory, probe);
    return memory.reach;
  }

  /** Lets go of the instance of this key, which is gone. */
  forget(key: string): void {
    const memory = this.#memories.get(key);
    if (memory === undefined) return;
    memory.stop.abort();
    memory.cancelTimer();
    this.#line.delete(memory);
    this.#memories.delete(key);
  }

  #memoryOf(dumbkv: DumbKV, endpoints: string | undefined): Memory {
    const { uid, namespace, name } = dumbkv.metadata;
    const key = objectKey(dumbkv.metadata);
    const known = this.#memories.get(key);
    const before = known?.uid === uid ? known : undefined;
    if (before !== undefined && before.endpoints === endpoints) return before;
    this.forget(key);
    const memory: Memory = {
      ...{ key, uid, endpoints, url: `${serviceUrl(namespace, name)}/health` },
      stop: new AbortController(),
      reach: endpoints === undefined ? NOT_ASKED : reachBeforeAnswer(dumbkv, before, endpoints),
      isAsking: false,
      askAtMs: endpoints === undefined ? Number.POSITIVE_INFINITY : 0,
      cancelTimer: () => {},
      ...{ tries: 0, last: undefined, repeats: 0 },
    };
    this.#memories.set(key, memory);
    return memory;
  }

  #ask(memory: Memory, probe: Probe): void {
    memory.isAsking = true;
    this.#line.add(memory);
    this.#askNext(probe);
  }

  #askNext(probe: Probe): void {
    for (const memory of this.#line) {
      if (this.#running >= probeLimits.atOnce) return;
      this.#line.delete(memory);
      this.#running += 1;
      void probe(memory.url, memory.stop.signal).then((answer) => {
        this.#running -= 1;
        if (!memory.stop.signal.aborted) this.#take(memory, answer, probe);
        this.#askNext(probe);
      });
    }
  }

  #take(memory: Memory, answer: ProbeAnswer, probe: Probe): void {
    const { reach: before, last, repeats } = memory;
    const { outcome } = answer;
    memory.isAsking = false;
    memory.tries += 1;
    memory.repeats = outcome === last ? repeats + 1 : 1;
    memory.last = outcome;
    // the server's own word counts at once; anything else may be chance until it is met again
    const isWord = outcome === 'healthy' || outcome === 'unhealthy';
    const counts = isWord || memory.repeats >= probeLimits.repeats;
    if (counts) memory.reach = reachFrom(answer);
    this.#plan(memory, counts, probe);
    const { reach } = memory;
    if (reach.reason !== before.reason || reach.message !== before.message) {
      this.#options.onNews(memory.key);
    }
  }

  /** When to ask next: never, at a look some minutes on, or soon and then less and less often. */
  #plan(memory: Memory, counts: boolean, probe: Probe): void {
    const { clock } = this.#options;
    memory.askAtMs = Number.POSITIVE_INFINITY;
    if (memory.last === 'healthy') return;
    if (counts && memory.reach.status === 'Unknown') {
      memory.askAtMs = clock.nowMs() + probeLimits.unknownIntervalMs;
      memory.tries = 0;
      return;
    }
    const { retryBaseMs, retryMaxMs } = probeLimits;
    const delayMs = doubledMs(memory.tries - 1, retryBaseMs, retryMaxMs);
    memory.cancelTimer = clock.setTimer(() => this.#ask(memory, probe), delayMs);
  }
}

/**
 * What holds until the first answer: what was found out before, by this process or an earlier one.
 * Only a success is of no use where none of the endpoints is left that it was met with: while pods
 * come and go, the others serve on.
 */
function reachBeforeAnswer(dumbkv: DumbKV, before: Memory | undefined, endpoints: string): Reach {
  if (before === undefined) return formerReach(dumbkv.status?.conditions) ?? ASKING;
  if (!isSettled(before.reach)) return ASKING;
  const former = before.endpoints?.split(',') ?? [];
  const isLeft = endpoints.split(',').some((endpoint) => former.includes(endpoint));
  return before.reach.status !== 'True' || isLeft ? before.reach : ASKING;
}
