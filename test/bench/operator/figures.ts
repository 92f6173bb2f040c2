// What is made of sightings, audited requests and metrics: durations, calls for each instance, and
// a metric out of a page. Pure.
// Next: `report/markdown.ts` tells them.
import type { AuditedRequest } from '../../support/audit-log.ts';
import { percentileOf } from '../statistics.ts';
import type { Sighting } from './sightings.ts';

const READS = new Set(['get', 'list', 'watch']);

/** Requests of one kind, such as `create apps/deployments`, as a share of the instances. */
export interface CallShare {
  readonly call: string;
  readonly perInstance: number;
}

/** The Lease and its renewals go on by time, whatever the instances do. */
const isAboutLease = ({ resource }: AuditedRequest): boolean => resource.endsWith('/leases');

/** What an operator wrote, its own Lease aside. */
export const writesAmong = (requests: readonly AuditedRequest[]): AuditedRequest[] =>
  requests.filter((request) => !READS.has(request.verb) && !isAboutLease(request));

/** Lists and watches belong to the operator as a whole; all else belongs to an instance. */
export const callsAmong = (requests: readonly AuditedRequest[]): AuditedRequest[] =>
  requests.filter(
    (request) => request.verb !== 'list' && request.verb !== 'watch' && !isAboutLease(request),
  );

/** How often each call was made for each instance, the most frequent first. */
export function callShares(requests: readonly AuditedRequest[], instances: number): CallShare[] {
  const counts = new Map<string, number>();
  for (const { verb, resource, code } of callsAmong(requests)) {
    const call = `${verb} ${resource}${code >= 300 ? ` (${code})` : ''}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  const shares = [...counts].map(([call, count]) => ({ call, perInstance: count / instances }));
  return shares.sort((a, b) => b.perInstance - a.perInstance);
}

/** The sum of a metric's values over all its labels; 0 where there is none. */
export function metricIn(page: string, name: string): number {
  const values = page
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.reduce((sum, value) => sum + value, 0);
}

/** The operator's own share of the time to Ready, in its two parts. */
export interface OwnShare {
  /** From the DumbKV to its Deployment. */
  readonly madeMs: number;
  /** From the endpoint of its Service to Ready. */
  readonly toldMs: number;
}

/** What the operator itself took of the time from the DumbKV to Ready. */
export function ownShareOf({ madeMs, deploymentMs, endpointMs, readyMs }: Sighting): OwnShare {
  const between = (from = Number.NaN, to = Number.NaN) => to - from;
  return { madeMs: between(madeMs, deploymentMs), toldMs: between(endpointMs, readyMs) };
}

/** The percentiles of a few figures. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function spreadOf(figures: readonly number[]): Spread {
  const ascending = figures.toSorted((a, b) => a - b);
  const at = (percent: number) => percentileOf(ascending, percent);
  return { count: figures.length, p50: at(50), p99: at(99), max: at(100) };
}
