// Leader election on a Lease: campaigns until it holds the Lease, runs the work while it renews
// it, and gives it back at the end. Whoever writes checks heldUntilMs() first.
import { randomUUID } from 'node:crypto';
import { type Clock, sleep, systemClock } from '../clock.ts';
import { leaseLimits } from '../limits.ts';
import { isConflict, isNotFound } from './api-errors.ts';
import type { KubeClient, KubeObject } from './client.ts';
import { linkedSignal, withDeadline } from './deadline.ts';
import * as record from './lease-record.ts';

/** The bounds of an election, with their units in their names. */
export type LeaseLimits = { readonly [bound in keyof typeof leaseLimits]: number };

/** What an election is made of. */
export interface ElectionOptions {
  client: KubeClient;
  namespace: string;
  name: string;
  /** Unique to this process; see leaderIdentity(). */
  identity: string;
  clock?: Clock;
  random?: () => number;
  limits?: LeaseLimits;
  /** Told when the Lease is won and when it is lost or given back. */
  onLeader?: (isLeader: boolean) => void;
  /** Told of a failed call, and of an error that the work threw. */
  onError?: (error: unknown) => void;
}

/** The identity of this process in elections: its pod's name, and something that no other has. */
export function leaderIdentity(podName: string): string {
  return `${podName}_${randomUUID()}`;
}

/** One candidate of a leader election. */
export class LeaderElection {
  readonly #options: ElectionOptions;
  readonly #clock: Clock;
  readonly #limits: LeaseLimits;
  #observation: record.Observation | undefined;
  /** The Lease as we last wrote it; undefined when it must be read before the next write. */
  #ours: KubeObject | undefined;
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = options.limits ?? leaseLimits;
  }

  /**
   * Until when, by the operator's clock, no other candidate can hold the Lease; in the past when
   * we do not hold it. Counted from before the last renewal was sent, and some seconds on the
   * safe side.
   */
  heldUntilMs(): number {
    return this.#heldUntilMs;
  }

  /** True while writes are ours to make. */
  isHeld(): boolean {
    return this.#clock.nowMs() < this.#heldUntilMs;
  }

  /**
   * Campaigns and leads, over and over, until the signal is aborted. `lead` gets a signal that
   * ends when the Lease is lost or `signal` is aborted, and must settle soon after; until then
   * the Lease is renewed, then it is given back. Never rejects.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      if (await this.#hold(signal)) await this.#reign(signal, lead);
      if (!signal.aborted) await sleep(this.#clock, this.#campaignDelayMs(), signal);
    }
  }

  /** Until the next try: at the latest when the Lease of another can be taken. */
  #campaignDelayMs(): number {
    const random = (this.#options.random ?? Math.random)();
    const delayMs = this.#limits.retryPeriodMs * (1 + this.#limits.jitterFactor * random);
    const overInMs = record.overInMs(this.#observation, this.#clock.nowMs());
    return overInMs > 0 ? Math.min(delayMs, overInMs) : delayMs;
  }

  async #reign(outer: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (outer.aborted) return this.#release();
    const leadership = linkedSignal(outer);
    const workEnded = new AbortController();
    this.#options.onLeader?.(true);
    const work = this.#guard(() => lead(leadership.signal)).finally(() => workEnded.abort());
    const isLost = await this.#keepHolding(workEnded.signal);
    if (isLost) this.#lose(leadership.abort);
    await work;
    leadership.release();
    if (!isLost) await this.#release();
  }

  #lose(abort: (reason?: unknown) => void): void {
    this.#ours = undefined;
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
    this.#options.onLeader?.(false);
    abort(new Error(`the lease ${this.#options.name} is lost`));
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }

  /** Renews until the work has ended (false) or the Lease is lost (true). */
  async #keepHolding(workEnded: AbortSignal): Promise<boolean> {
    for (;;) {
      await sleep(this.#clock, this.#limits.retryPeriodMs, workEnded);
      if (workEnded.aborted) return false;
      if (!this.isHeld()) return true;
      await this.#hold(workEnded);
      if (workEnded.aborted) return false;
      if (this.#observation?.holder !== this.#options.identity || !this.isHeld()) return true;
    }
  }

  /** One try to take or renew the Lease. */
  async #hold(signal: AbortSignal): Promise<boolean> {
    const leftMs = this.#heldUntilMs - this.#clock.nowMs();
    const limitMs = leftMs > 0 ? Math.min(leftMs, this.#limits.callTimeoutMs) : undefined;
    try {
      return await withDeadline(limitMs ?? this.#limits.callTimeoutMs, signal, (limited) =>
        this.#write(limited),
      );
    } catch (error) {
      this.#ours = undefined;
      if (!signal.aborted) this.#options.onError?.(error);
      return false;
    }
  }

  async #write(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity } = this.#options;
    if (this.#ours && (await this.#renew(this.#ours, signal))) return true;
    const lease = await client.get(record.LEASE, namespace, name, signal);
    if (!lease) return this.#put((holder) => record.newLease(namespace, name, holder), signal);
    const observation = this.#observe(lease);
    if (!record.isTakeable(observation, identity, this.#clock.nowMs())) return false;
    return this.#put((holder) => record.heldLease(lease, holder), signal);
  }

  /** Renews without reading first; false when somebody else wrote the Lease, or removed it. */
  async #renew(ours: KubeObject, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#put((holder) => record.heldLease(ours, holder), signal);
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false;
      throw error;
    }
  }

  async #put(
    leaseFor: (holder: record.Holder) => KubeObject,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client, identity } = this.#options;
    const { durationSeconds, renewDeadlineMs } = this.#limits;
    const sentMs = this.#clock.nowMs();
    const lease = leaseFor({ identity, durationSeconds, time: this.#clock.wallTime() });
    const isNew = lease.metadata.resourceVersion === undefined;
    const written = isNew
      ? await client.create(record.LEASE, lease, signal)
      : await client.replace(record.LEASE, lease, signal);
    this.#observe(written);
    this.#ours = written;
    this.#heldUntilMs = sentMs + renewDeadlineMs;
    return true;
  }

  #observe(lease: KubeObject): record.Observation {
    this.#observation = record.observe(this.#observation, lease, this.#clock.nowMs());
    return this.#observation;
  }

  // The answer to our last write may have been lost: a conflict is tried once more with a fresh
  // Lease.
  async #release(): Promise<void> {
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
    this.#options.onLeader?.(false);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        await withDeadline(this.#limits.callTimeoutMs, undefined, (signal) => this.#free(signal));
        return;
      } catch (error) {
        this.#ours = undefined;
        this.#options.onError?.(error);
      }
    }
  }

  async #free(signal: AbortSignal): Promise<void> {
    const { client, namespace, name, identity } = this.#options;
    const lease = this.#ours ?? (await client.get(record.LEASE, namespace, name, signal));
    if (!lease || record.specOf(lease).holderIdentity !== identity) return;
    const freed = record.releasedLease(lease, this.#clock.wallTime());
    this.#observe(await client.replace(record.LEASE, freed, signal));
    this.#ours = undefined;
  }
}
