// What the machine did beside the benchmark: its processors' time, what the hypervisor took, and
// what it is. Figures taken while others worked are marked by these.
// Next: `process-tree.ts` for the processes of a peer.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** The kernel counts in hundredths of a second, whatever its own clock does. */
export const TICKS_PER_SECOND = 100;

/** Time of all processors since the boot, in seconds. */
export interface ProcessorTime {
  readonly busySeconds: number;
  /** Wanted, and given to another machine by the hypervisor. */
  readonly stolenSeconds: number;
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. */
export function processorTimeOf(procStat: string): ProcessorTime {
  const [first = ''] = procStat.split('\n', 1);
  const ticks = first.split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = ticks;
  return {
    busySeconds: (user + nice + system + irq + softIrq) / TICKS_PER_SECOND,
    stolenSeconds: steal / TICKS_PER_SECOND,
  };
}

export const readProcessorTime = (): ProcessorTime =>
  processorTimeOf(readFileSync('/proc/stat', 'utf8'));

/** What the figures were taken on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
}

export function readMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}
