// Cells: what all runs of a workload on a peer say together. Disturbed runs count only where there
// are no others.
// Next: `targets.ts`, `table.ts`, `plot.ts`.
import { medianOf, type Percentiles } from '../statistics.ts';
import type { Report, Run } from './report.ts';

/** Others may use so much of one processor, or have it stolen, before a run counts as disturbed. */
const FOREIGN_SHARE_MAX = 0.1;
const STOLEN_SHARE_MAX = 0.05;
/** Wrk may be what was measured when it is busier than this; the open loop is always busy. */
const GENERATOR_SHARE_MAX = 0.95;

export interface Cell {
  readonly workload: string;
  readonly peer: string;
  readonly perSecond: number;
  readonly perSecondLeast: number;
  readonly perSecondMost: number;
  readonly cpuMicrosPerRequest: number;
  readonly behindMicrosPerRequest: number | undefined;
  readonly generatorShare: number;
  readonly failures: number;
  readonly rate: number | undefined;
  readonly waitMs: Percentiles | undefined;
  /** All its runs were disturbed. */
  readonly isDisturbed: boolean;
  readonly isGeneratorBound: boolean;
}

export const isDisturbed = ({ foreignShare, stolenShare }: Run): boolean =>
  foreignShare > FOREIGN_SHARE_MAX || stolenShare > STOLEN_SHARE_MAX;

/** The cell of a workload and a peer; undefined where nothing was measured. */
export function cellOf(runs: readonly Run[], workload: string, peer: string): Cell | undefined {
  const all = runs.filter((run) => run.workload === workload && run.peer === peer);
  const quiet = all.filter((run) => !isDisturbed(run));
  const counted = quiet.length > 0 ? quiet : all;
  if (counted.length === 0) return undefined;
  const median = (figure: (run: Run) => number) => medianOf(counted.map(figure));
  const rates = counted.map(({ perSecond }) => perSecond);
  const generatorShare = median((run) => run.generatorShare);
  return {
    workload,
    peer,
    perSecond: medianOf(rates),
    perSecondLeast: Math.min(...rates),
    perSecondMost: Math.max(...rates),
    cpuMicrosPerRequest: median((run) => run.cpuMicrosPerRequest),
    behindMicrosPerRequest: behindOf(counted),
    generatorShare,
    failures: counted.reduce((sum, { failures }) => sum + failures, 0),
    rate: counted[0]?.rate,
    waitMs: waitOf(counted),
    isDisturbed: quiet.length === 0,
    isGeneratorBound: counted[0]?.rate === undefined && generatorShare > GENERATOR_SHARE_MAX,
  };
}

function behindOf(runs: readonly Run[]): number | undefined {
  const all = runs.flatMap(({ behindMicrosPerRequest }) => behindMicrosPerRequest ?? []);
  return all.length === 0 ? undefined : medianOf(all);
}

function waitOf(runs: readonly Run[]): Percentiles | undefined {
  const waits = runs.flatMap(({ waitMs }) => waitMs ?? []);
  if (waits.length === 0) return undefined;
  const median = (name: keyof Percentiles) => medianOf(waits.map((wait) => wait[name]));
  return { p50: median('p50'), p99: median('p99'), p999: median('p999'), max: median('max') };
}

/** The cells of a workload, in the order of the peers. */
export const cellsOf = ({ runs, peers }: Report, workload: string): Cell[] =>
  peers.flatMap(({ name }) => cellOf(runs, workload, name) ?? []);
