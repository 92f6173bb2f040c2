// A small report with known figures, for the tests of what is told of one.
import type { Report, Run } from '../../bench/report/report.ts';
import { SHORT, workloadsOf } from '../../bench/workloads.ts';

/** A run that nothing disturbed. */
export const runOf = (workload: string, peer: string, perSecond: number): Run => ({
  ...{ workload, peer, round: 1, perSecond, failures: 0, cpuMicrosPerRequest: 1e6 / perSecond },
  ...{ generatorShare: 0.5, stolenShare: 0, foreignShare: 0 },
});

const steadyOf = (workload: string, p99: number): Run => ({
  ...runOf(workload, 'dumbkv', 700),
  rate: 700,
  waitMs: { p50: 0.5, p99, p999: 9, max: 12 },
});

const disk = { syncsPerSecond: 1000, syncMs: { p50: 1, p99: 1.5, p999: 2, max: 3 } };

/** Ours reads at 9,000/s and writes at 4,000/s; the echo does 10,000/s. */
export const exampleReport: Report = {
  startedAt: '2026-01-02T03:04:05.678Z',
  revision: 'abc1234',
  machine: {
    processor: 'A <fast> one',
    cores: 2,
    memoryGib: 4,
    kernel: '6.1.0',
    node: 'v24.0.0',
  },
  loadAverage: 0.12,
  form: SHORT,
  workloads: workloadsOf(SHORT),
  peers: [
    { name: 'dumbkv', title: 'DumbKV, SQLite' },
    { name: 'fastify-echo', title: 'Fastify echo' },
    { name: 'webdis', title: 'webdis & Redis' },
  ],
  atRest: [
    { peer: 'dumbkv', readyMs: [300, 100, 200], idlePssBytes: 64 * 2 ** 20, writes: 50, syncs: 50 },
    { peer: 'webdis', readyMs: [10], idlePssBytes: 2 ** 20, writes: 50, syncs: undefined },
  ],
  disk: [{ workload: 'write-steady', before: disk, after: disk }],
  runs: [
    runOf('read-64', 'dumbkv', 9_000),
    runOf('read-64', 'fastify-echo', 10_000),
    runOf('write-64', 'dumbkv', 4_000),
    runOf('write-64', 'fastify-echo', 10_000),
    { ...runOf('write-64', 'webdis', 5_000), behindMicrosPerRequest: 120 },
    runOf('read-64', 'postgres', 6_000),
    runOf('read-64', 'one-by-one', 3_000),
    runOf('write-64', 'postgres', 3_000),
    runOf('write-64', 'one-by-one', 600),
    runOf('scrape', 'dumbkv', 500),
    runOf('scrape', 'few', 600),
    steadyOf('read-steady', 3),
    steadyOf('write-steady', 4),
  ],
};
