// The Lease object of a leader election as data: what it says, whether it may be taken, and the
// next one to write; pure. The election (lease.ts) sends these.
import { leaseLimits } from '../limits.ts';
import type { KubeObject, ResourceType } from './resource.ts';

/** The kind of Leases. */
export const LEASE: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** The spec of a Lease; times are MicroTime strings. */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

/** What a candidate has seen of the Lease, and when by its own clock it last saw it change. */
export interface Observation {
  holder: string;
  durationMs: number;
  changedAtMs: number;
  /** The whole record as text, to tell a change. */
  record: string;
}

/** A time as Kubernetes' MicroTime: RFC 3339 with six digits after the second. */
export function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

/** The spec of a Lease object; empty when it has none. */
export function specOf(lease: KubeObject): LeaseSpec {
  return (lease.spec ?? {}) as LeaseSpec;
}

/**
 * The observation after this Lease was read at `nowMs`. Only a change of the record begins the time
 * anew: the clocks of other hosts are never compared with ours.
 */
export function observe(
  previous: Observation | undefined,
  lease: KubeObject,
  nowMs: number,
): Observation {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } =
    specOf(lease);
  const fields = [holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions];
  const record = JSON.stringify(fields);
  return {
    holder: holderIdentity ?? '',
    durationMs: (leaseDurationSeconds ?? leaseLimits.durationSeconds) * 1000,
    changedAtMs: previous?.record === record ? previous.changedAtMs : nowMs,
    record,
  };
}

/**
 * True when this identity may write itself in: free, its own, or not renewed for its whole
 * duration.
 */
export function isTakeable(observation: Observation, identity: string, nowMs: number): boolean {
  if (observation.holder === '' || observation.holder === identity) return true;
  return nowMs > observation.changedAtMs + observation.durationMs;
}

/** In how many milliseconds a Lease can be taken that is not renewed any more; at most 0: now. */
export function overInMs(observation: Observation | undefined, nowMs: number): number {
  if (observation === undefined) return 0;
  return observation.changedAtMs + observation.durationMs + 1 - nowMs;
}

/** Who writes itself into a Lease, for how long, and at what time of day. */
export interface Holder {
  identity: string;
  durationSeconds: number;
  time: Date;
}

/** A Lease that does not exist yet, held. */
export function newLease(namespace: string, name: string, holder: Holder): KubeObject {
  return { metadata: { namespace, name }, spec: heldSpec({}, holder) };
}

/** The Lease held from now on; its resourceVersion makes the write conditional. */
export function heldLease(lease: KubeObject, holder: Holder): KubeObject {
  return { ...lease, spec: { ...specOf(lease), ...heldSpec(specOf(lease), holder) } };
}

/** The Lease given back, so that the next candidate need not wait. */
export function releasedLease(lease: KubeObject, time: Date): KubeObject {
  const now = microTime(time);
  const spec: LeaseSpec = {
    ...specOf(lease),
    holderIdentity: '',
    leaseDurationSeconds: leaseLimits.releasedDurationSeconds,
    acquireTime: now,
    renewTime: now,
  };
  return { ...lease, spec };
}

function heldSpec(previous: LeaseSpec, { identity, durationSeconds, time }: Holder): LeaseSpec {
  const now = microTime(time);
  const isRenewal = previous.holderIdentity === identity;
  const isFirst = previous.leaseTransitions === undefined;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: durationSeconds,
    acquireTime: isRenewal ? (previous.acquireTime ?? now) : now,
    renewTime: now,
    leaseTransitions: isFirst ? 0 : (previous.leaseTransitions ?? 0) + (isRenewal ? 0 : 1),
  };
}
