// Asks servers how full their volumes are, beside the reconciles: a look takes what is known and
// goes on, and an answer that changes what is shown puts the key back in the queue. What is shown
// is in the status, where the next operator finds it.
import type { DumbKV } from '../../crds/schema.ts';
import { hasVolume } from '../builders/engine.ts';
import { serviceUrl } from '../builders/service.ts';
import type { Clock } from '../clock.ts';
import { objectKey } from '../kube/resource.ts';
import { usageLimits } from '../limits.ts';
import type { Reach } from '../status/reach.ts';
import { formerUsage, type Usage, usageAfter, type VolumeRoom } from '../status/usage.ts';

/** Asks one server; never throws. */
export type ReadVolumeRoom = (url: string, signal: AbortSignal) => Promise<VolumeRoom | undefined>;

export interface VolumeUsageOptions {
  read: ReadVolumeRoom;
  clock: Clock;
  /** Ends all asking. */
  signal: AbortSignal;
  /** Told when what is to be shown of an instance has changed. */
  onNews: (key: string) => void;
}

/** One instance with its volume. */
interface Memory {
  readonly key: string;
  readonly uid: string;
  readonly url: string;
  readonly stop: AbortController;
  usage: Usage | undefined;
  /** When that has last changed. */
  changedAtMs: number;
  capacity: string | undefined;
  isAsking: boolean;
  askAtMs: number;
  /** How often in a row there was no answer. */
  failures: number;
}

/** What is known of the volumes of all instances, by the key of their DumbKV. */
export class VolumeUsage {
  readonly #options: VolumeUsageOptions;
  readonly #memories = new Map<string, Memory>();
  readonly #line = new Set<Memory>();
  #running = 0;

  constructor(options: VolumeUsageOptions) {
    this.#options = options;
    const stop = () => [...this.#memories.keys()].forEach((key) => void this.forget(key));
    options.signal.addEventListener('abort', stop, { once: true });
  }

  /**
   * What is to be shown of an instance. It is asked while it answers, now and then, and when its
   * volume has another size; where it cannot be asked nothing is claimed. While it does not serve,
   * what was found last holds: nobody else writes to its volume.
   */
  look(dumbkv: DumbKV, { reason }: Reach, capacity: string | undefined): Usage | undefined {
    const { clock, signal } = this.#options;
    if (!hasVolume(dumbkv) || reason === 'NotVerified' || reason === 'Intercepted') {
      this.forget(objectKey(dumbkv.metadata));
      return undefined;
    }
    const memory = this.#memoryOf(dumbkv, capacity);
    if (memory.capacity !== capacity) memory.askAtMs = Number.NEGATIVE_INFINITY;
    memory.capacity = capacity;
    const isDue = !memory.isAsking && memory.askAtMs <= clock.nowMs();
    if (reason === 'Answered' && isDue && !signal.aborted) this.#ask(memory);
    return memory.usage;
  }

  /** Lets go of the instance of this key, which is gone. */
  forget(key: string): void {
    const memory = this.#memories.get(key);
    if (memory === undefined) return;
    memory.stop.abort();
    this.#line.delete(memory);
    this.#memories.delete(key);
  }

  #memoryOf(dumbkv: DumbKV, capacity: string | undefined): Memory {
    const { uid, namespace, name } = dumbkv.metadata;
    const key = objectKey(dumbkv.metadata);
    const known = this.#memories.get(key);
    if (known?.uid === uid) return known;
    this.forget(key);
    const memory: Memory = {
      ...{ key, uid, url: `${serviceUrl(namespace, name)}/metrics`, stop: new AbortController() },
      ...{ usage: formerUsage(dumbkv.status), changedAtMs: Number.NEGATIVE_INFINITY },
      ...{ capacity, isAsking: false, askAtMs: Number.NEGATIVE_INFINITY, failures: 0 },
    };
    this.#memories.set(key, memory);
    return memory;
  }

  #ask(memory: Memory): void {
    memory.isAsking = true;
    this.#line.add(memory);
    this.#askNext();
  }

  #askNext(): void {
    for (const memory of this.#line) {
      if (this.#running >= usageLimits.atOnce) return;
      this.#line.delete(memory);
      this.#running += 1;
      void this.#options.read(memory.url, memory.stop.signal).then((room) => {
        this.#running -= 1;
        if (!memory.stop.signal.aborted) this.#take(memory, room);
        this.#askNext();
      });
    }
  }

  #take(memory: Memory, room: VolumeRoom | undefined): void {
    const nowMs = this.#options.clock.nowMs();
    memory.isAsking = false;
    memory.askAtMs = nowMs + usageLimits.intervalMs;
    memory.failures = room === undefined ? memory.failures + 1 : 0;
    const { usage: before, changedAtMs } = memory;
    const isUnknown = memory.failures >= usageLimits.failures;
    const next = room ? usageAfter(room, before) : isUnknown ? undefined : before;
    if (next === before) return;
    // pressure is told of at once, and cannot flap; a step may wait
    const isSame = next?.isPressing === before?.isPressing;
    if (isSame && nowMs - changedAtMs < usageLimits.changeIntervalMs) return;
    memory.usage = next;
    memory.changedAtMs = nowMs;
    this.#options.onNews(memory.key);
  }
}
