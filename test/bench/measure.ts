// One run: a workload on a peer while all others stand still, and everything that is counted around
// it.
// Next: `report/report.ts`.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeRequests } from './load/requests.ts';
import { runSteady } from './load/steady.ts';
import { type Counted, type Load, runWrk } from './load/wrk.ts';
import { readProcessorTime } from './machine.ts';
import { cpuSecondsOf, kernelSecondsOf, readProcesses } from './process-tree.ts';
import type { Run } from './report/report.ts';
import { requestsOf } from './requests-of.ts';
import type { Running } from './running.ts';
import type { Percentiles } from './statistics.ts';
import type { Form, Workload } from './workloads.ts';

const MICROSECONDS_PER_SECOND = 1e6;

export interface RunOptions {
  readonly form: Form;
  readonly round: number;
  /** Requests a second, for a steady load. */
  readonly rate?: number | undefined;
}

type Result = Counted & { readonly waitMs?: Percentiles };

/** Warms a peer up and measures it. */
export async function measureRun(
  running: Running,
  workload: Workload,
  { form, round, rate }: RunOptions,
): Promise<Run> {
  const { peer, place, origin } = running;
  const requestsFile = join(place.folder, 'requests');
  writeRequests(requestsFile, origin, requestsOf(peer, workload));
  const cores = workload.cores === 'one' ? '1' : '0,1';
  const load: Load = {
    origin,
    requestsFile,
    seconds: form.seconds,
    programs: place.programs,
    cores,
  };
  await generate({ ...load, seconds: form.warmUpSeconds }, workload, rate);
  const before = readUse(running);
  const result = await generate(load, workload, rate);
  const used = differenceOf(before, readUse(running));
  rmSync(requestsFile);
  return {
    workload: workload.id,
    peer: peer.name,
    round,
    perSecond: result.requests / result.seconds,
    failures: result.failures,
    cpuMicrosPerRequest: (used.server * MICROSECONDS_PER_SECOND) / result.requests,
    ...(running.pids.length > 1 && {
      behindMicrosPerRequest: (used.behind * MICROSECONDS_PER_SECOND) / result.requests,
    }),
    generatorShare: used.generator / used.wall,
    stolenShare: used.stolen / used.wall,
    foreignShare: Math.max(0, used.foreign / used.wall),
    ...(rate !== undefined && { rate }),
    ...(result.waitMs && { waitMs: result.waitMs }),
  };
}

function generate(load: Load, workload: Workload, rate: number | undefined): Promise<Result> {
  if (rate !== undefined) return runSteady(load, rate);
  if (!('connections' in workload.load)) throw new Error(`${workload.id} has no rate yet`);
  return runWrk(load, workload.load.connections);
}

/** Seconds of processors so far: whose they were. */
interface Use {
  readonly wall: number;
  readonly server: number;
  /** Of the peer's, what those processes used that stand behind the one that answers. */
  readonly behind: number;
  readonly generator: number;
  readonly stolen: number;
  /** What neither the peer, the generator, this process nor the kernel's threads used. */
  readonly foreign: number;
}

function readUse({ pids }: Running): Use {
  const all = readProcesses();
  const { busySeconds, stolenSeconds } = readProcessorTime();
  const self = all.find(({ pid }) => pid === process.pid);
  const server = cpuSecondsOf(all, pids);
  const generator = self?.endedChildrenCpuSeconds ?? 0;
  const known = server + generator + (self?.cpuSeconds ?? 0) + kernelSecondsOf(all);
  return {
    wall: performance.now() / 1000,
    server,
    behind: cpuSecondsOf(all, pids.slice(0, -1)),
    generator,
    stolen: stolenSeconds,
    foreign: busySeconds - known,
  };
}

const differenceOf = (before: Use, after: Use): Use => ({
  wall: after.wall - before.wall,
  server: after.server - before.server,
  behind: after.behind - before.behind,
  generator: after.generator - before.generator,
  stolen: after.stolen - before.stolen,
  foreign: after.foreign - before.foreign,
});
