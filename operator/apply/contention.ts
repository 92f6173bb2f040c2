// What is remembered of children that do not stay as they were written: an apply that was undone
// as it was made is not repeated until something changes, and what another manager sets back again
// and again is put back more and more rarely. apply.ts asks before each update.
import type { KubeObject } from '../kube/resource.ts';
import { contentionLimits } from '../limits.ts';

/** What is known of a child since it had to be brought to what is desired. */
interface Memory {
  /** The hash of what was desired; another one is another matter. */
  readonly hash: string;
  /** How often in a row it had to be written. */
  readonly writes: number;
  /** The version in which the last apply left it without all that was asked. */
  readonly undoneVersion: string | undefined;
  readonly lastMs: number;
}

/** Which child: the key of its DumbKV, and its kind and name. */
export interface ChildKey {
  owner: string;
  child: string;
}

/** The memory of one process; a new one tries everything once more. */
export class Contention {
  readonly #nowMs: () => number;
  readonly #owners = new Map<string, Map<string, Memory>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** What is known of a child that was written with this very wish not long ago. */
  recall({ owner, child }: ChildKey, hash: string): Memory | undefined {
    const memory = this.#owners.get(owner)?.get(child);
    if (memory?.hash !== hash) return undefined;
    const { undoneRetryMs, maxDelayMs } = contentionLimits;
    const keptMs = 2 * (memory.undoneVersion === undefined ? maxDelayMs : undoneRetryMs);
    return this.#nowMs() - memory.lastMs < keptMs ? memory : undefined;
  }

  /** Whether it is too early to bring a live child to what is desired. */
  isTooEarly(key: ChildKey, hash: string, { metadata }: KubeObject): boolean {
    const memory = this.recall(key, hash);
    if (memory === undefined) return false;
    const isAsLeft = memory.undoneVersion === metadata.resourceVersion;
    const waitMs = isAsLeft ? contentionLimits.undoneRetryMs : pauseMs(memory);
    return this.#nowMs() < memory.lastMs + waitMs;
  }

  /**
   * Remembers an update.
   * @param undoneVersion the version that it left, where that lacks something of what was asked
   */
  noteWrite(key: ChildKey, hash: string, undoneVersion: string | undefined): void {
    const writes = (this.recall(key, hash)?.writes ?? 0) + 1;
    const children = this.#owners.get(key.owner) ?? new Map<string, Memory>();
    children.set(key.child, { hash, writes, undoneVersion, lastMs: this.#nowMs() });
    this.#owners.set(key.owner, children);
  }

  /** In how many seconds a child that is contested may be put back; undefined if none is. */
  nextSeconds(owner: string): number | undefined {
    const waits = [...(this.#owners.get(owner)?.values() ?? [])]
      .filter(({ undoneVersion }) => undoneVersion === undefined)
      .map((memory) => memory.lastMs + pauseMs(memory) - this.#nowMs())
      .filter((waitMs) => waitMs > 0);
    return waits.length === 0 ? undefined : Math.min(...waits) / 1000;
  }

  /** Lets go of the children of a DumbKV that is gone. */
  forget(owner: string): void {
    this.#owners.delete(owner);
  }
}

/** How long to wait after so many writes in a row. */
function pauseMs({ writes }: Memory): number {
  const { immediateWrites, baseDelayMs, maxDelayMs } = contentionLimits;
  if (writes < immediateWrites) return 0;
  return Math.min(baseDelayMs * 2 ** (writes - immediateWrites), maxDelayMs);
}
