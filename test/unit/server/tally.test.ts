// Counts and times in place, and what a registry of prom-client reads of them.
// What the server tells in full is in `test/server/http-metrics.test.ts`.
import { Histogram, type Metric, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { askedCounter, askedHistogram, Tally } from '../../../server/tally.ts';

const BOUNDS = [0.1, 1, 10];
const VALUES = [0, 0.1, 0.10001, 0.5, 1, 5, 10, 10.5, 1_000];

function filled(): Tally {
  const tally = new Tally(BOUNDS);
  for (const value of VALUES) tally.add(value);
  return tally;
}

describe('a tally', () => {
  test('counts and sums what it was given', () => {
    const { count, sum } = filled();
    expect(count).toBe(VALUES.length);
    expect(sum).toBeCloseTo(VALUES.reduce((a, b) => a + b, 0));
  });

  test('says how many were at most each bound, the bound itself among them', () => {
    expect(filled().upTo).toEqual([2, 5, 7]);
  });

  test('of nothing is nothing', () => {
    const tally = new Tally(BOUNDS);
    expect([tally.count, tally.sum, ...tally.upTo]).toEqual([0, 0, 0, 0, 0]);
  });
});

test('a histogram reads as one of prom-client would', async () => {
  const [name, help] = ['some_seconds', 'How long it took.'];
  const labels = { method: 'GET', handler: '/"quoted"\\' };
  const registry = new Registry();
  registry.registerMetric(
    askedHistogram(name, help, () => [[labels, filled()]]) as unknown as Metric,
  );
  const theirs = new Registry();
  const histogram = new Histogram({
    ...{ name, help, buckets: BOUNDS, registers: [theirs] },
    labelNames: ['method', 'handler'],
  });
  for (const value of VALUES) histogram.observe(labels, value);
  expect(await registry.metrics()).toBe(await theirs.metrics());
});

test('a counter tells what it reads at that moment', async () => {
  const registry = new Registry();
  const state = { count: 1 };
  const read = () => [{ labels: { a: 'b' }, value: state.count }];
  registry.registerMetric(askedCounter('some_total', 'Some.', read) as unknown as Metric);
  expect(await registry.metrics()).toContain('\nsome_total{a="b"} 1\n');
  state.count = 2;
  expect(await registry.metrics()).toContain('\nsome_total{a="b"} 2\n');
  expect(await registry.metrics()).toContain('# TYPE some_total counter');
});
