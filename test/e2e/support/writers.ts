// Clients that write without pause while the instance under them is killed, and remember exactly
// what was acknowledged. Afterwards they say which of it is missing.
import { setTimeout as pause } from 'node:timers/promises';
import type { Instance } from './instance.ts';
import { eventually } from './patience.ts';

const WRITERS = 4;
const READERS = 8;
/** Keeps the load within bounds: at most so many writes a second for each writer. */
const WRITE_PAUSE_MS = 10;
const RETRY_PAUSE_MS = 50;
/** A pod that is taken away closes no connection: its clients must give up by themselves. */
const WRITE_LIMIT_MS = 2_000;

/** What one writer knows of a key that it overwrites: counters only grow. */
interface Counter {
  key: string;
  acknowledged: number;
  tried: number;
}

/** What was found when everything acknowledged was read back. */
export interface Audit {
  acknowledged: number;
  /** Writes whose outcome their client could not know. */
  uncertain: number;
  missing: string[];
  wrong: string[];
}

/** Writers on one instance; each puts keys of its own, and one key again and again. */
export class Writers {
  readonly #instance: Instance;
  readonly #acknowledged = new Map<string, string>();
  readonly #counters: Counter[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[];
  #uncertain = 0;
  #lastAcknowledgedMs = performance.now();
  #longestSilenceMs = 0;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#running = Array.from({ length: WRITERS }, (_, index) => this.#write(index));
  }

  /** How many keys have been acknowledged so far. */
  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  /** The longest time without an acknowledged write since this was last asked. */
  takeLongestSilenceMs(): number {
    const longestMs = this.#longestSilenceMs;
    this.#longestSilenceMs = 0;
    return longestMs;
  }

  /** Waits until so many further writes are acknowledged: the instance serves, under load. */
  async untilFurther(count: number): Promise<void> {
    const target = this.acknowledgedCount + count;
    await eventually(`${count} further writes are acknowledged`, async () => {
      return this.acknowledgedCount >= target;
    });
  }

  /** Stops the writers. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** Reads back every key that was acknowledged. */
  async audit(): Promise<Audit> {
    const audit: Audit = {
      acknowledged: this.#acknowledged.size,
      uncertain: this.#uncertain,
      ...{ missing: [], wrong: [] },
    };
    const entries = [...this.#acknowledged];
    const readSome = async () => {
      for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
        const [key, value] = entry;
        const found = await this.#readBack(key);
        if (found === undefined) audit.missing.push(key);
        else if (found !== value) audit.wrong.push(`${key} is "${found}", not "${value}"`);
      }
    };
    await Promise.all(Array.from({ length: READERS }, readSome));
    for (const counter of this.#counters) await this.#auditCounter(counter, audit);
    return audit;
  }

  /** A counter may be ahead of what was acknowledged, by what was tried; never behind. */
  async #auditCounter({ key, acknowledged, tried }: Counter, audit: Audit): Promise<void> {
    const found = Number((await this.#readBack(key)) ?? -1);
    if (found >= acknowledged && found <= tried) return;
    audit.wrong.push(`${key} is ${found}, not from ${acknowledged} to ${tried}`);
  }

  #remember(key: string, value: string): void {
    this.#acknowledged.set(key, value);
    const nowMs = performance.now();
    this.#longestSilenceMs = Math.max(this.#longestSilenceMs, nowMs - this.#lastAcknowledgedMs);
    this.#lastAcknowledgedMs = nowMs;
  }

  /** What is stored; a read without an answer says nothing of that, and is made again. */
  async #readBack(key: string): Promise<string | undefined> {
    const read = async () => ({ value: await this.#instance.get(key) });
    return (await eventually(`${key} is read back`, read)).value;
  }

  async #write(index: number): Promise<void> {
    const instance = this.#instance.within(WRITE_LIMIT_MS);
    const counter: Counter = { key: `counter-${index}`, acknowledged: 0, tried: 0 };
    this.#counters.push(counter);
    for (let turn = 1; !this.#stop.signal.aborted; turn += 1) {
      const key = `key-${index}-${turn}`;
      counter.tried = turn;
      try {
        await instance.put(key, `value of ${key}`);
        this.#remember(key, `value of ${key}`);
        await instance.put(counter.key, String(turn));
        counter.acknowledged = turn;
        await pause(WRITE_PAUSE_MS);
      } catch {
        this.#uncertain += 1;
        await pause(RETRY_PAUSE_MS);
      }
    }
  }
}
