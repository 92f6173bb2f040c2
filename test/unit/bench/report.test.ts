// What is told of the runs: cells, targets, tables and the picture, from a report with known
// figures.
import { expect, test } from 'vitest';
import { markdownOf, tableOf } from '../../bench/report/markdown.ts';
import { plotOf } from '../../bench/report/plot.ts';
import { cellOf, cellsOf } from '../../bench/report/summary.ts';
import { type Target, targetsOf, verdictOf } from '../../bench/report/targets.ts';
import { exampleReport, runOf } from './example-report.ts';

const reachedOf = (title: string) =>
  targetsOf(exampleReport).find((target) => target.title.startsWith(title))?.reached;

test('a cell is the median of its runs, with the least and the most', () => {
  const runs = [100, 300, 200].map((perSecond) => runOf('read-64', 'dumbkv', perSecond));
  expect(cellOf(runs, 'read-64', 'dumbkv')).toMatchObject({
    ...{ perSecond: 200, perSecondLeast: 100, perSecondMost: 300, isDisturbed: false },
    ...{ cpuMicrosPerRequest: 5_000, waitMs: undefined, rate: undefined },
  });
  expect(cellOf(runs, 'read-64', 'etcd')).toBeUndefined();
});

test('disturbed runs count only where there are no others, and mark the cell then', () => {
  const disturbed = { ...runOf('read-64', 'dumbkv', 10), foreignShare: 0.5 };
  const robbed = { ...runOf('read-64', 'dumbkv', 20), stolenShare: 0.2 };
  const quiet = runOf('read-64', 'dumbkv', 100);
  expect(cellOf([disturbed, quiet, robbed], 'read-64', 'dumbkv')).toMatchObject({
    perSecond: 100,
    isDisturbed: false,
  });
  expect(cellOf([disturbed, robbed], 'read-64', 'dumbkv')).toMatchObject({
    perSecond: 15,
    isDisturbed: true,
  });
});

test('a busy wrk is told, the open loop is busy by its nature', () => {
  const busy = { ...runOf('read-64', 'dumbkv', 10), generatorShare: 0.99 };
  expect(cellOf([busy], 'read-64', 'dumbkv')?.isGeneratorBound).toBe(true);
  expect(cellOf([{ ...busy, rate: 7 }], 'read-64', 'dumbkv')?.isGeneratorBound).toBe(false);
});

test('cells come in the order of the peers', () => {
  const peers = cellsOf(exampleReport, 'write-64').map(({ peer }) => peer);
  expect(peers).toEqual(['dumbkv', 'fastify-echo', 'webdis']);
});

test('targets are ratios of cells', () => {
  expect(reachedOf('hot reads')).toBeCloseTo(0.9);
  expect(reachedOf('durable writes at 64')).toBeCloseTo(0.4);
  expect(reachedOf('durable writes / webdis')).toBeCloseTo(0.8);
  expect(reachedOf('reads / FastAPI')).toBeUndefined();
  expect(reachedOf('Postgres, batched / one query a request, reads')).toBeCloseTo(2);
  expect(reachedOf('Postgres, batched / one query a request, writes')).toBeCloseTo(5);
  expect(reachedOf('processor time of a scrape with 100,000 keys / with few, S')).toBeCloseTo(1.2);
  expect(reachedOf('processor time of a scrape with 100,000 keys / with few, P')).toBeUndefined();
  expect(reachedOf('p99 of reads')).toBe(3);
  expect(reachedOf('idle memory')).toBe(64);
  expect(reachedOf('time to ready')).toBe(200);
});

test('the wait for a write is judged by the syncs of the disk', () => {
  const target = targetsOf(exampleReport).find(({ title }) => title.startsWith('p99 of writes'));
  expect(target).toMatchObject({ floor: 6, goal: 5, reached: 4 });
});

test('on a disk so fast that the goal is more than the floor, the floor has to hold', () => {
  const less = { title: '', unit: 'milliseconds', isBetter: 'less', floor: 2, goal: 3 } as const;
  expect(verdictOf({ ...less, reached: 2.5 })).toBe('below');
  expect(verdictOf({ ...less, reached: 2 })).toBe('goal');
});

test('a verdict: the goal, the floor, or neither', () => {
  const more: Target = {
    ...{ title: '', unit: 'share', isBetter: 'more', floor: 0.5, goal: 0.8, reached: 0.8 },
  };
  expect(verdictOf(more)).toBe('goal');
  expect(verdictOf({ ...more, reached: 0.79 })).toBe('floor');
  expect(verdictOf({ ...more, reached: 0.4 })).toBe('below');
  expect(verdictOf({ ...more, reached: undefined })).toBe('not measured');
  const less: Target = { ...more, isBetter: 'less', floor: 5, goal: 2 };
  expect(verdictOf({ ...less, reached: 2 })).toBe('goal');
  expect(verdictOf({ ...less, reached: 4 })).toBe('floor');
  expect(verdictOf({ ...less, reached: 6 })).toBe('below');
});

test('a table has as many cells in each row as it has heads', () => {
  expect(tableOf(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | --: |\n| 1 | 2 |');
});

test('the page tells targets, workloads with runs, and what was at rest', () => {
  const page = markdownOf(exampleReport, 'short.svg');
  expect(page).toContain('2026-01-02, commit abc1234.');
  expect(page).toContain('![Requests a second, by workload and peer](short.svg)');
  expect(page).toContain(
    '| hot reads / Fastify echo | at least 60 % | 85 % | 90 % | goal reached |',
  );
  expect(page).toContain('| 40 % | **below** |');
  expect(page).toContain('| reads / FastAPI | at least 4.0x | 6.0x |  | not measured |');
  expect(page).toContain('| Fastify echo | 10,000 | 10,000 to 10,000 | 0.90 | 100.0 |  |  |');
  expect(page).toContain('| webdis & Redis | 5,000 | 5,000 to 5,000 | 0.80 | 200.0 | 120.0 |  |');
  expect(page).toContain('| DumbKV, SQLite | 700 | 0.50 ms | 4.00 ms | 9.00 ms | 12 ms |  |');
  expect(page).toContain('| DumbKV, SQLite | 64 MiB | 200 ms | 50 for 50 |');
  expect(page).toContain('| webdis & Redis | 1 MiB | 10 ms | not counted |');
  expect(page).not.toContain('NaN');
  // nothing was run of it
  expect(page).not.toContain('10 KiB');
});

test('the picture has a bar for each cell, within its width, and is well-formed', () => {
  const picture = plotOf(exampleReport);
  const bars = [...picture.matchAll(/<rect x="250" .* width="(?<width>[\d.]+)"/g)];
  expect(bars).toHaveLength(6);
  for (const bar of bars) expect(Number(bar.groups?.width)).toBeLessThanOrEqual(500);
  expect(picture).toContain('webdis &amp; Redis');
  const opened = [...picture.matchAll(/<(\w+)(?:\s[^<>]*[^/])?>/g)].map(([, name]) => name);
  const closed = [...picture.matchAll(/<\/(\w+)>/g)].map(([, name]) => name);
  expect(closed.toSorted()).toEqual(opened.toSorted());
});
