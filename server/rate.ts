// How often each caller may call: so many requests a second, and a burst of so many at once.
// Next: `rate-limit.ts` asks for each request.

export interface Rate {
  readonly perSecond: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
}

const SWEEP_MS = 1_000;

/**
 * A bucket of tokens for each caller, kept as one number: when it will be full again (the generic
 * cell rate algorithm). A full one need not be kept.
 */
export class RateMeter {
  readonly #intervalMs: number;
  readonly #emptyMs: number;
  readonly #callersMax: number;
  readonly #fullAtMs = new Map<string, number>();
  #sweepAtMs = 0;

  constructor({ perSecond, burst }: Rate, callersMax: number) {
    this.#intervalMs = 1_000 / perSecond;
    this.#emptyMs = this.#intervalMs * (burst - 1);
    this.#callersMax = callersMax;
  }

  /** Takes a token of this caller's, or says how long it takes until there is one. */
  waitMs(callerId: string, nowMs: number): number {
    const fullAtMs = this.#fullAtMs.get(callerId);
    const fromMs = Math.max(fullAtMs ?? nowMs, nowMs);
    const waitMs = fromMs - nowMs - this.#emptyMs;
    // what is less than this is the rounding of the sum
    if (waitMs > 0.001) return waitMs;
    if (fullAtMs === undefined) this.#makeRoom(nowMs);
    this.#fullAtMs.set(callerId, fromMs + this.#intervalMs);
    return 0;
  }

  /** Full buckets go; where all are in use the oldest does, which gives its caller a full one. */
  #makeRoom(nowMs: number): void {
    if (this.#fullAtMs.size < this.#callersMax) return;
    if (nowMs >= this.#sweepAtMs) this.#sweep(nowMs);
    const [oldest] = this.#fullAtMs.keys();
    if (oldest !== undefined && this.#fullAtMs.size >= this.#callersMax) {
      this.#fullAtMs.delete(oldest);
    }
  }

  /** Not for each new caller: it looks at all of them. */
  #sweep(nowMs: number): void {
    this.#sweepAtMs = nowMs + SWEEP_MS;
    for (const [id, fullAtMs] of this.#fullAtMs) if (fullAtMs <= nowMs) this.#fullAtMs.delete(id);
  }
}

/**
 * The part of an address that one client has: it can call from any address of its own IPv6 network
 * (a /64).
 */
export function clientOf(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(?<ipv4>[\d.]+)$/i.exec(address)?.groups?.ipv4;
  if (mapped !== undefined) return mapped;
  const [head = [], tail = []] = address
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
