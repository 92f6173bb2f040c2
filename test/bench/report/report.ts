// What a benchmark yields, as it is kept: every run, and what was seen of peers, disk and machine.
// Next: `summary.ts` makes cells of the runs.
import type { DiskSpeed } from '../disk-probe.ts';
import type { Machine } from '../machine.ts';
import type { Percentiles } from '../statistics.ts';
import type { Form, Workload } from '../workloads.ts';

/** One run. Shares are of one processor. */
export interface Run {
  readonly workload: string;
  readonly peer: string;
  readonly round: number;
  readonly perSecond: number;
  /** Answers that were no 200, and requests without one. */
  readonly failures: number;
  /** User and system time of all processes of the peer. */
  readonly cpuMicrosPerRequest: number;
  /** Of that, what its database used, where it has one of its own: Postgres, or Redis. */
  readonly behindMicrosPerRequest?: number;
  readonly generatorShare: number;
  readonly stolenShare: number;
  /** Used by processes that have nothing to do with the run. */
  readonly foreignShare: number;
  /** Of an open loop: the rate that was asked for, and the wait from when a request was due. */
  readonly rate?: number;
  readonly waitMs?: Percentiles;
}

/** What a peer is at rest. */
export interface AtRest {
  readonly peer: string;
  readonly readyMs: readonly number[];
  readonly idlePssBytes: number;
  /** Syncs that reached the kernel during these writes, one after the other. */
  readonly writes: number;
  readonly syncs: number | undefined;
}

export interface DiskReading {
  readonly workload: string;
  readonly before: DiskSpeed;
  readonly after: DiskSpeed;
}

export interface Report {
  readonly startedAt: string;
  readonly revision: string;
  readonly machine: Machine;
  /** Over one minute, before the first run. */
  readonly loadAverage: number;
  readonly form: Form;
  readonly workloads: readonly Workload[];
  readonly peers: readonly { readonly name: string; readonly title: string }[];
  readonly atRest: readonly AtRest[];
  readonly disk: readonly DiskReading[];
  readonly runs: readonly Run[];
}
