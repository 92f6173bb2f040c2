// The processes of a peer, seen from outside: which they are, what processor time they used, and
// how much memory is theirs.
// Next: `measure.ts` takes the difference around a run.
import { readdirSync, readFileSync } from 'node:fs';
import { TICKS_PER_SECOND } from './machine.ts';

const KERNEL_THREADS_PARENT = 2;
const KIB = 1024;

/** A line of /proc/PID/stat, as far as it is needed. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
  /** Of children that have ended and were waited for. */
  readonly endedChildrenCpuSeconds: number;
}

/** The name in the middle may hold spaces and brackets, so all is counted from its end. */
export function processStatOf(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const seconds = (...at: number[]) =>
    at.reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND;
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    cpuSeconds: seconds(11, 12),
    endedChildrenCpuSeconds: seconds(13, 14),
  };
}

/** The processes among `all` that are one of `roots` or come from one. */
export function treeOf(all: readonly ProcessStat[], roots: readonly number[]): ProcessStat[] {
  const pids = new Set(roots);
  for (let before = 0; before < pids.size; ) {
    before = pids.size;
    for (const { pid, parent } of all) if (pids.has(parent)) pids.add(pid);
  }
  return all.filter(({ pid }) => pids.has(pid));
}

export function readProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readOrNothing(`/proc/${pid}/stat`))
    .map(processStatOf);
}

/** Processor time that these processes, and what came from them, have used so far. */
export const cpuSecondsOf = (all: readonly ProcessStat[], roots: readonly number[]): number =>
  treeOf(all, roots).reduce((sum, one) => sum + one.cpuSeconds, 0);

/** Processor time of the kernel's own threads: it writes the journal for whoever synced. */
export const kernelSecondsOf = (all: readonly ProcessStat[]): number =>
  cpuSecondsOf(all, [KERNEL_THREADS_PARENT]);

/** The proportional share of memory in /proc/PID/smaps_rollup, in bytes. */
export const pssBytesOf = (smapsRollup: string): number =>
  Number(/^Pss:\s+(\d+) kB$/m.exec(smapsRollup)?.[1] ?? 0) * KIB;

/** The memory of these processes and of what came from them. */
export function readPssBytes(roots: readonly number[]): number {
  return treeOf(readProcesses(), roots)
    .flatMap(({ pid }) => readOrNothing(`/proc/${pid}/smaps_rollup`))
    .reduce((sum, text) => sum + pssBytesOf(text), 0);
}

/** A process may end while it is looked at. */
function readOrNothing(path: string): string[] {
  try {
    return [readFileSync(path, 'utf8')];
  } catch {
    return [];
  }
}
