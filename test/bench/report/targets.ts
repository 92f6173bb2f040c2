// The targets and what was reached of them, all from the runs of one report: ratios, so that they
// hold on a machine of another speed.
// Next: `markdown.ts`.
import { medianOf } from '../statistics.ts';
import type { Report } from './report.ts';
import { type Cell, cellOf } from './summary.ts';

const MIB = 2 ** 20;

export type Verdict = 'goal' | 'floor' | 'below' | 'not measured';

export interface Target {
  readonly title: string;
  readonly unit: 'share' | 'times' | 'milliseconds' | 'mebibytes';
  readonly isBetter: 'more' | 'less';
  readonly floor: number;
  readonly goal: number;
  /** Undefined where it was not measured. */
  readonly reached: number | undefined;
}

/** What a target's figure is worth. */
export function verdictOf({ reached, isBetter, floor, goal }: Target): Verdict {
  if (reached === undefined || Number.isNaN(reached)) return 'not measured';
  const holds = (bound: number) => (isBetter === 'more' ? reached >= bound : reached <= bound);
  if (!holds(floor)) return 'below';
  // on a fast disk 2 syncs + 2 ms are more than 4 syncs: the floor has to hold all the same
  return holds(goal) ? 'goal' : 'floor';
}

/** All targets of the server. */
export function targetsOf(report: Report): Target[] {
  const { runs } = report;
  const cell = (workload: string, peer: string) => cellOf(runs, workload, peer);
  const speed = (workload: string, peer: string, against: string) =>
    ratioOf(cell(workload, peer), cell(workload, against), ({ perSecond }) => perSecond);
  const more = (title: string, unit: Target['unit'], [floor, goal]: [number, number]) => {
    return (reached: number | undefined): Target => ({
      ...{ title, unit, isBetter: 'more', floor, goal, reached },
    });
  };
  return [
    more(
      'hot reads / Fastify echo',
      'share',
      [0.6, 0.85],
    )(speed('read-64', 'dumbkv', 'fastify-echo')),
    more(
      'durable writes at 64 connections / Fastify echo',
      'share',
      [0.5, 0.75],
    )(speed('write-64', 'dumbkv', 'fastify-echo')),
    more('reads / FastAPI', 'times', [4, 6])(speed('read-64', 'dumbkv', 'fastapi')),
    more('writes / FastAPI', 'times', [15, 20])(speed('write-64', 'dumbkv', 'fastapi')),
    more(
      'durable writes / webdis + Redis always, per CPU second',
      'times',
      [0.6, 1],
    )(
      ratioOf(
        cell('write-64', 'dumbkv'),
        cell('write-64', 'webdis'),
        ({ cpuMicrosPerRequest }) => 1 / cpuMicrosPerRequest,
      ),
    ),
    more('sealing on / off, reads', 'share', [0.8, 0.88])(speed('read-64', 'dumbkv', 'unsealed')),
    more('sealing on / off, writes', 'share', [0.8, 0.88])(speed('write-64', 'dumbkv', 'unsealed')),
    more(
      'Postgres, batched / one query a request, reads',
      'times',
      [1.5, 3],
    )(speed('read-64', 'postgres', 'one-by-one')),
    more(
      'Postgres, batched / one query a request, writes',
      'times',
      [1.5, 3],
    )(speed('write-64', 'postgres', 'one-by-one')),
    ...waits(report),
    ...atRest(report),
    ...scrapes(report),
  ];
}

function ratioOf(
  ours: Cell | undefined,
  theirs: Cell | undefined,
  figure: (cell: Cell) => number,
): number | undefined {
  return ours && theirs && figure(ours) / figure(theirs);
}

/** The wait for a write is judged by what the disk itself took, around the same runs. */
function waits({ runs, disk }: Report): Target[] {
  const p99 = (workload: string) => cellOf(runs, workload, 'dumbkv')?.waitMs?.p99;
  const readings = disk.filter(({ workload }) => workload === 'write-steady');
  const syncMs = medianOf(readings.flatMap((one) => [one.before.syncMs.p99, one.after.syncMs.p99]));
  const wait = { unit: 'milliseconds', isBetter: 'less' } as const;
  return [
    {
      ...wait,
      title: 'p99 of reads at 70 % load',
      floor: 5,
      goal: 2,
      reached: p99('read-steady'),
    },
    {
      ...wait,
      title: 'p99 of writes at 70 % load (4 syncs; 2 syncs + 2 ms)',
      floor: 4 * syncMs,
      goal: 2 * syncMs + 2,
      reached: p99('write-steady'),
    },
  ];
}

/** Nobody asked for figures of these: that a scrape costs the same is what they are to show. */
function scrapes({ runs, form }: Report): Target[] {
  const keys = form.manyKeys.toLocaleString('en');
  return (
    [
      ['SQLite', 'dumbkv', 'few'],
      ['Postgres', 'postgres', 'postgres-few'],
    ] as const
  ).map(([engine, many, few]) => ({
    title: `processor time of a scrape with ${keys} keys / with few, ${engine}`,
    ...{ unit: 'times', isBetter: 'less', floor: 1.5, goal: 1.1 },
    reached: ratioOf(
      cellOf(runs, 'scrape', many),
      cellOf(runs, 'scrape', few),
      ({ cpuMicrosPerRequest }) => cpuMicrosPerRequest,
    ),
  }));
}

function atRest({ atRest: all }: Report): Target[] {
  const ours = all.find(({ peer }) => peer === 'dumbkv');
  return [
    {
      title: 'idle memory (PSS)',
      ...{ unit: 'mebibytes', isBetter: 'less', floor: 80, goal: 60 },
      reached: ours && ours.idlePssBytes / MIB,
    },
    {
      title: 'time to ready',
      ...{ unit: 'milliseconds', isBetter: 'less', floor: 400, goal: 150 },
      reached: ours && medianOf(ours.readyMs),
    },
  ];
}
