// The pages of the operator's benchmark: goals first, then the tables of each part.
// Next: `curves.ts` draws what stands beside them.
import { tableOf } from '../../report/markdown.ts';
import type { Spread } from '../figures.ts';
import { spreadOf } from '../figures.ts';
import type { Circumstances, KindReport, ScaleReport, ScaleResult } from '../results.ts';
import {
  kibibytes,
  megabytes,
  milliseconds,
  perSecond,
  plain,
  seconds,
  times,
  verdict,
} from './figure-text.ts';

/** What is to be reached. */
export const GOALS = {
  instancesPerSecond: 50,
  baseBytes: 80_000_000,
  instanceBytes: 15 * 1_024,
  ownShareP99Ms: 150,
  readyRatio: 1.15,
} as const;

const spreadText = ({ p50, p99 }: Spread): string => `${milliseconds(p50)}, ${milliseconds(p99)}`;

function circumstances({ startedAt, revision, machine, loadAverage }: Circumstances): string {
  const { processor, cores, memoryGib, kernel, node } = machine;
  return [
    `${startedAt.slice(0, 10)}, commit ${revision}. ${processor}, ${cores} cores, ${memoryGib} GiB`,
    `of memory, Linux ${kernel}, Node ${node}. Load average before: ${loadAverage.toFixed(2)}.`,
  ].join('\n');
}

/** Instances brought about in each second: all of their Deployments made, or all Ready. */
export const rateOf = ({ instances }: ScaleResult, times: readonly number[]): number =>
  instances / (times.at(-1) ?? Number.NaN);

const memoryGoal = ({ instances }: ScaleResult): number =>
  GOALS.baseBytes + GOALS.instanceBytes * instances;

/** The page of the scale runs. */
export function scalePage(report: ScaleReport, plot: string): string {
  const { results } = report;
  return page([
    '# Benchmark of the operator: many instances',
    circumstances(report),
    [
      'The operator is a process of its own, built as for its image, with the rights of',
      '`config/default`. etcd, kube-apiserver, kube-controller-manager (Deployments,',
      'ReplicaSets, EndpointSlices) and kube-scheduler are real and on the same cores; kwok',
      'plays the kubelets, and the benchmark binds the claims to volumes. The pods answer',
      'nothing: Ready means an endpoint. Raised above the defaults:',
      `${report.raised.map((one) => `\`${one}\``).join(', ')}.`,
    ].join('\n'),
    `![Instances whose Deployment is made and that are Ready, over time](${plot})`,
    '## Goals',
    tableOf(['goal', ...sizesOf(results)], goalRows(results)),
    '## Figures',
    tableOf(['', ...sizesOf(results)], figureRows(results)),
    '## Requests of the operator for each instance',
    tableOf(['request', ...sizesOf(results)], callRows(results)),
    '## Who used the processors',
    'Processor time for each instance, from the first create until the last was Ready.',
    tableOf(['process', ...sizesOf(results)], processorRows(results)),
  ]);
}

const page = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`;

const sizesOf = (results: readonly ScaleResult[]): string[] =>
  results.map(({ instances }) => plain(instances));

type Row = [title: string, cell: (result: ScaleResult) => string];

const rowsOf = (results: readonly ScaleResult[], rows: readonly Row[]): string[][] =>
  rows.map(([title, cell]) => [title, ...results.map(cell)]);

const goalRows = (results: readonly ScaleResult[]): string[][] =>
  rowsOf(results, [
    [
      `${GOALS.instancesPerSecond} instances a second, all Deployments made`,
      (one) => {
        const rate = rateOf(one, one.deploymentSeconds);
        return `${perSecond(rate)}: ${verdict(rate >= GOALS.instancesPerSecond)}`;
      },
    ],
    [
      'at most 80 MB and 15 KiB an instance, at rest',
      (one) => {
        const { restBytes } = one.memory;
        const bound = `${megabytes(restBytes)} of ${megabytes(memoryGoal(one))}`;
        return `${bound}: ${verdict(restBytes <= memoryGoal(one))}`;
      },
    ],
    [
      `own share of the time to Ready at most ${GOALS.ownShareP99Ms} ms (p99)`,
      ({ ownShareMs: { p99 } }) => `${milliseconds(p99)}: ${verdict(p99 <= GOALS.ownShareP99Ms)}`,
    ],
    ['no writes while idle', ({ idle }) => `${idle.writes}: ${verdict(idle.writes === 0)}`],
    [
      'no writes after a restart',
      ({ restart }) => `${restart.writes}: ${verdict(restart.writes === 0)}`,
    ],
  ]);

const figureRows = (results: readonly ScaleResult[]): string[][] =>
  rowsOf(results, [
    ['all created', ({ createdSeconds }) => seconds(createdSeconds.at(-1))],
    ['all Deployments made', ({ deploymentSeconds }) => seconds(deploymentSeconds.at(-1))],
    ['all Ready', ({ readySeconds }) => seconds(readySeconds.at(-1))],
    ['Ready a second', (one) => perSecond(rateOf(one, one.readySeconds))],
    [
      'requests of the operator for each instance',
      ({ calls }) => plain(calls.reduce((sum, { perInstance }) => sum + perInstance, 0)),
    ],
    ['memory without instances', ({ memory }) => megabytes(memory.emptyBytes)],
    ['memory at rest, at most', ({ memory }) => memoryText(memory)],
    [
      'memory for each instance at rest',
      ({ memory, instances }) => kibibytes((memory.restBytes - memory.emptyBytes) / instances),
    ],
    ['memory after a restart', ({ memory }) => megabytes(memory.restartedBytes)],
    ['writes while idle', ({ idle }) => `${idle.writes} in ${idle.seconds} s`],
    ['restart until all are looked at', ({ restart }) => seconds(restart.seconds)],
    ['requests for each instance at a restart', ({ restart }) => plain(restart.calls)],
    [
      'a change of the spec until that of the Deployment, p50, p99',
      (one) => spreadText(one.changeMs),
    ],
    ["the operator's own share of a single create, p50, p99", (one) => spreadText(one.ownShareMs)],
  ]);

const memoryText = ({ restBytes, peakBytes }: ScaleResult['memory']): string =>
  `${megabytes(restBytes)}, ${megabytes(peakBytes)}`;

function callRows(results: readonly ScaleResult[]): string[][] {
  const calls = [...new Set(results.flatMap((one) => one.calls.map(({ call }) => call)))];
  const shareOf = (result: ScaleResult, call: string) =>
    result.calls.find((one) => one.call === call)?.perInstance ?? 0;
  return calls.map((call) => [call, ...results.map((one) => shareOf(one, call).toFixed(2))]);
}

function processorRows(results: readonly ScaleResult[]): string[][] {
  const names = Object.keys(results[0]?.processorUse ?? {});
  const each = (figure: number, { instances }: ScaleResult) =>
    milliseconds((1_000 * figure) / instances);
  return [
    ...rowsOf(
      results,
      names.map((name) => [name, (one) => each(one.processorUse[name] ?? Number.NaN, one)]),
    ),
    ...rowsOf(results, [['other processes of the machine', (one) => each(one.otherSeconds, one)]]),
  ];
}

/** The page of the single creates on kind. */
export function kindPage(report: KindReport, plot: string): string {
  const [ready, available] = [spreadOf(report.readyMs), spreadOf(report.availableMs)];
  const [made, told] = [spreadOf(report.madeMs), spreadOf(report.toldMs)];
  const own = spreadOf(report.madeMs.map((ms, at) => ms + (report.toldMs[at] ?? Number.NaN)));
  const row = (title: string, { p50, p99, max }: Spread) => [
    title,
    ...[p50, p99, max].map(milliseconds),
  ];
  const [p50Ratio, p99Ratio] = [ready.p50 / available.p50, ready.p99 / available.p99];
  return page([
    '# Benchmark of the operator: single creates',
    circumstances(report),
    [
      `A cluster of kind with one node, ${ready.count} instances one by one, each from the start`,
      'of `kubectl apply` to Ready as a watcher sees it; by turns the same Deployment, PVC and',
      'Service from the start of `kubectl apply` to the condition Available, their Secrets made',
      'beforehand. Ready also means that the instance answers through its Service. Of fewer than',
      'a hundred figures the p99 is the longest.',
    ].join('\n'),
    `![Shares of the creates that were Ready or Available, over time](${plot})`,
    tableOf(
      ['', 'p50', 'p99', 'longest'],
      [
        row('`DumbKV`, Ready', ready),
        row('Deployment, PVC and Service, Available', available),
        ['ratio', times(p50Ratio), times(p99Ratio), times(ready.max / available.max)],
        row('from the DumbKV to its Deployment', made),
        row('from the endpoint to Ready', told),
        row("both: the operator's own share", own),
      ],
    ),
    tableOf(
      ['goal', 'reached', ''],
      [
        [
          `ratio of the medians ${GOALS.readyRatio}x`,
          times(p50Ratio),
          verdict(p50Ratio <= GOALS.readyRatio),
        ],
        [
          `own share at most ${GOALS.ownShareP99Ms} ms (p99)`,
          milliseconds(own.p99),
          verdict(own.p99 <= GOALS.ownShareP99Ms),
        ],
      ],
    ),
  ]);
}
