// Processor time and memory of the processes of a run, each by its own id: the operator, the parts
// of the cluster, this process itself.
// Next: `scale.ts` takes the differences.
import { readFileSync } from 'node:fs';
import { cpuSecondsOf, readProcesses } from '../process-tree.ts';

const KIB = 1024;

/** Processor seconds by what used them. */
export type ProcessorUse = Readonly<Record<string, number>>;

/** Memory of one process, in bytes. */
export interface Memory {
  readonly residentBytes: number;
  /** The most that it ever had. */
  readonly peakBytes: number;
}

/** Reads /proc/PID/status. */
export function memoryIn(procStatus: string): Memory {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(procStatus)?.[1] ?? Number.NaN) * KIB;
  return { residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

export const readMemory = (pid: number): Memory =>
  memoryIn(readFileSync(`/proc/${pid}/status`, 'utf8'));

/** What the named processes used so far, this one, and its other children: etcd and API server. */
export function readProcessorUse(named: Readonly<Record<string, number>>): ProcessorUse {
  const all = readProcesses();
  const ofNamed = Object.entries(named).map(
    ([name, pid]) => [name, cpuSecondsOf(all, [pid])] as const,
  );
  const own = all.find(({ pid }) => pid === process.pid)?.cpuSeconds ?? 0;
  const known = ofNamed.reduce((sum, [, seconds]) => sum + seconds, own);
  const rest = cpuSecondsOf(all, [process.pid]) - known;
  return { ...Object.fromEntries(ofNamed), 'etcd and kube-apiserver': rest, benchmark: own };
}

/** What was used between two readings. */
export const usedBetween = (before: ProcessorUse, after: ProcessorUse): ProcessorUse =>
  Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]),
  );
