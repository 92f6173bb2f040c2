// The report as a page: targets first, then a table for each workload, then what was at rest.
// Next: `plot.ts` draws the maxima.
import { medianOf } from '../statistics.ts';
import type { Report } from './report.ts';
import { type Cell, cellsOf, isDisturbed } from './summary.ts';
import { type Target, targetsOf, verdictOf } from './targets.ts';

const MIB = 2 ** 20;

/** The whole page. `plot`: the name of the picture beside it. */
export function markdownOf(report: Report, plot: string): string {
  return `${[
    '# Benchmark of the server',
    circumstances(report),
    `![Requests a second, by workload and peer](${plot})`,
    '## Targets',
    tableOf(['target', 'floor', 'goal', 'reached', ''], targetsOf(report).map(targetRow)),
    ...report.workloads.flatMap(({ id, title }) => workloadPart(report, id, title)),
    '## At rest',
    tableOf(
      ['peer', 'idle memory (PSS)', 'time to ready (median)', 'syncs for writes one by one'],
      report.atRest.map((one) => [
        titleOf(report, one.peer),
        `${(one.idlePssBytes / MIB).toFixed(0)} MiB`,
        `${medianOf(one.readyMs).toFixed(0)} ms`,
        one.syncs === undefined ? 'not counted' : `${one.syncs} for ${one.writes}`,
      ]),
    ),
    '## The disk',
    'A page of 4 KiB written in place and synced (fdatasync), before and after a workload.',
    tableOf(
      ['workload', 'syncs/s before', 'after', 'p50, p99 before', 'after'],
      report.disk.map(({ workload, before, after }) => [
        workload,
        ...[before, after].map(({ syncsPerSecond }) => whole(syncsPerSecond)),
        ...[before, after].map(({ syncMs }) => `${ms(syncMs.p50)}, ${ms(syncMs.p99)}`),
      ]),
    ),
  ].join('\n\n')}\n`;
}

function circumstances({ machine, form, startedAt, revision, loadAverage, runs }: Report): string {
  const disturbed = runs.filter(isDisturbed).length;
  const { processor, cores, memoryGib, kernel, node } = machine;
  return [
    `${startedAt.slice(0, 10)}, commit ${revision}. ${processor}, ${cores} cores, ${memoryGib} GiB`,
    `of memory, Linux ${kernel}, Node ${node}. Form "${form.name}", ${form.seconds} s a run and`,
    `${form.rounds} of them for each figure, the peers in turn; the median counts. Unless a title`,
    'says otherwise, all processes of a server run on one core and the generator on the other,',
    'while the other peers stand still. CPU is user and system time of all of its processes.',
    `Load average before the first run: ${loadAverage.toFixed(2)}. Of ${runs.length} runs`,
    `${disturbed} were disturbed by other processes or the hypervisor; a figure with ~ has no`,
    'undisturbed run.',
  ].join('\n');
}

function workloadPart(report: Report, workload: string, title: string): string[] {
  const cells = cellsOf(report, workload);
  if (cells.length === 0) return [];
  const isSteady = cells.some(({ waitMs }) => waitMs !== undefined);
  const table = isSteady ? steadyTable(report, cells) : maximaTable(report, cells);
  return [`## ${title}`, table];
}

function maximaTable(report: Report, cells: readonly Cell[]): string {
  const ours = cells.find(({ peer }) => peer === 'dumbkv');
  return tableOf(
    [
      ...['peer', 'requests/s', 'least to most', 'DumbKV / it'],
      ...['CPU µs/request', 'of it the database', 'remarks'],
    ],
    cells.map((cell) => [
      titleOf(report, cell.peer),
      `${cell.isDisturbed ? '~' : ''}${whole(cell.perSecond)}`,
      `${whole(cell.perSecondLeast)} to ${whole(cell.perSecondMost)}`,
      ours ? (ours.perSecond / cell.perSecond).toFixed(2) : '',
      cell.cpuMicrosPerRequest.toFixed(1),
      cell.behindMicrosPerRequest?.toFixed(1) ?? '',
      remarksOn(cell),
    ]),
  );
}

function steadyTable(report: Report, cells: readonly Cell[]): string {
  return tableOf(
    ['peer', 'requests/s', 'p50', 'p99', 'p99.9', 'longest', 'remarks'],
    cells.map((cell) => [
      titleOf(report, cell.peer),
      `${cell.isDisturbed ? '~' : ''}${whole(cell.rate ?? Number.NaN)}`,
      ...(['p50', 'p99', 'p999', 'max'] as const).map((name) => ms(cell.waitMs?.[name])),
      remarksOn(cell),
    ]),
  );
}

function remarksOn({ failures, isGeneratorBound }: Cell): string {
  const remarks = [
    failures > 0 ? `${failures} failed` : '',
    isGeneratorBound ? 'the generator was the limit' : '',
  ];
  return remarks.filter((remark) => remark !== '').join('; ');
}

function targetRow(target: Target): string[] {
  const { title, floor, goal, reached } = target;
  const verdict = verdictOf(target);
  const bound = target.isBetter === 'more' ? 'at least' : 'at most';
  return [
    title,
    `${bound} ${figureOf(target, floor)}`,
    figureOf(target, goal),
    verdict === 'not measured' ? '' : figureOf(target, reached),
    { goal: 'goal reached', floor: 'floor reached', below: '**below**' }[verdict as string] ??
      verdict,
  ];
}

function figureOf({ unit }: Target, figure: number | undefined): string {
  if (figure === undefined || Number.isNaN(figure)) return '';
  if (unit === 'share') return `${(100 * figure).toFixed(0)} %`;
  if (unit === 'times') return `${figure.toFixed(figure < 10 ? 1 : 0)}x`;
  if (unit === 'mebibytes') return `${figure.toFixed(0)} MiB`;
  return ms(figure);
}

/** A table of Markdown, the first column aligned left and all others right. */
export function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const ruler = heads.map((_, at) => (at === 0 ? '---' : '--:'));
  return [heads, ruler, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const titleOf = ({ peers }: Report, peer: string): string =>
  peers.find(({ name }) => name === peer)?.title ?? peer;

const whole = (figure: number): string => Math.round(figure).toLocaleString('en');

const ms = (figure: number | undefined): string =>
  figure === undefined ? '' : `${figure.toFixed(figure < 10 ? 2 : 0)} ms`;
