// The pages and the picture of the operator's benchmark, of runs whose figures are known.
import { describe, expect, it } from 'vitest';
import { curvesOf } from '../../../bench/operator/report/curves.ts';
import { kindPage, scalePage } from '../../../bench/operator/report/markdown.ts';
import type { KindReport, ScaleReport, ScaleResult } from '../../../bench/operator/results.ts';

const CIRCUMSTANCES = {
  startedAt: '2026-11-22T05:00:00.000Z',
  revision: 'abc1234',
  machine: { processor: 'A', cores: 2, memoryGib: 24, kernel: '6.1', node: 'v24' },
  loadAverage: 0.05,
};
const spread = (p50: number, p99: number) => ({ count: 30, p50, p99, max: p99 });
const RESULT: ScaleResult = {
  instances: 100,
  createdSeconds: [0.1, 1],
  deploymentSeconds: [0.5, 2],
  readySeconds: [1, 4],
  calls: [
    { call: 'create secrets', perInstance: 2 },
    { call: 'get secrets', perInstance: 1.5 },
  ],
  processorUse: { operator: 2, benchmark: 1 },
  otherSeconds: 0.5,
  memory: {
    ...{ emptyBytes: 70_000_000, restBytes: 82_000_000 },
    ...{ peakBytes: 99_000_000, restartedBytes: 75_000_000 },
  },
  idle: { seconds: 60, writes: 0 },
  changeMs: spread(20, 40),
  ownShareMs: spread(60, 151),
  restart: { seconds: 1.5, writes: 3, calls: 2 },
};
const SCALE: ScaleReport = {
  ...CIRCUMSTANCES,
  raised: ['--kube-api-qps=1000'],
  results: [RESULT, { ...RESULT, instances: 1000, deploymentSeconds: [25] }],
};

describe('the page of many instances', () => {
  const page = scalePage(SCALE, 'operator.svg');

  it.each([
    '| goal | 100 | 1,000 |',
    'all Deployments made | 50 a second: reached | 40 a second: **missed** |',
    '82 MB of 81.5 MB: **missed** | 82 MB of 95.4 MB: reached |',
    '| 151 ms: **missed** |',
    '| no writes while idle | 0: reached |',
    '| no writes after a restart | 3: **missed** |',
    '| all Ready | 4 s |',
    '| Ready a second | 25 a second | 250 a second |',
    '| requests of the operator for each instance | 3.5 |',
    '| memory for each instance at rest | 117 KiB | 11.7 KiB |',
    '| create secrets | 2.00 | 2.00 |',
    '| operator | 20 ms | 2 ms |',
    '| other processes of the machine | 5 ms |',
    '`--kube-api-qps=1000`',
    '](operator.svg)',
  ])('tells %s', (part) => expect(page).toContain(part));
});

describe('the page of single creates', () => {
  const report: KindReport = {
    ...CIRCUMSTANCES,
    ...{ readyMs: [4_000, 4_400], availableMs: [3_200, 4_000] },
    ...{ madeMs: [50, 60], toldMs: [30, 50] },
  };

  it('sets an instance against the same objects', () => {
    const page = kindPage(report, 'operator-kind.svg');
    expect(page).toContain('| `DumbKV`, Ready | 4,000 ms | 4,400 ms | 4,400 ms |');
    expect(page).toContain('| ratio | 1.25x | 1.10x | 1.10x |');
    expect(page).toContain("| both: the operator's own share | 80 ms | 110 ms | 110 ms |");
    expect(page).toContain('| ratio of the medians 1.15x | 1.25x | **missed** |');
    expect(page).toContain('| own share at most 150 ms (p99) | 110 ms | reached |');
  });
});

describe('the picture', () => {
  const picture = curvesOf('All', [
    { name: 'first', seconds: [1, 2] },
    { name: 'second', seconds: [4] },
  ]);

  it('rises by a step for each that came, on one scale', () => {
    // 564 wide for 4 s, 272 high for all
    expect(picture).toContain('d="M56.0 312.0H197.0V176.0H338.0V40.0"');
    expect(picture).toContain('d="M56.0 312.0H620.0V40.0"');
  });

  it('names what it shows', () => {
    for (const text of ['<title>All</title>', '>first<', '>second<', '>4.0 s<', '>100 %<']) {
      expect(picture).toContain(text);
    }
  });
});
