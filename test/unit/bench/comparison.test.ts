// What is told of honest clients with something under way and without: by turns, known figures.
import { expect, test } from 'vitest';
import { compare, comparisonLine, lineOf } from '../../slow-clients/comparison.ts';
import type { Noticed } from '../../slow-clients/honest-clients.ts';

/** A hundred answers, the slowest of which are the 99th and the 100th. */
const noticed = (p99: number, failures: string[] = []): Noticed => ({
  latenciesMs: [...Array.from({ length: 98 }, () => 1), p99, p99 + 1],
  failures,
});

test('both are measured in each round, each of them first by turns', async () => {
  const order: string[] = [];
  const lines: string[] = [];
  const measured = (name: string, p99s: number[]) => async () => {
    order.push(name);
    return noticed(p99s.shift() ?? Number.NaN);
  };
  await compare({
    what: 'noise',
    rounds: 3,
    measureWithout: measured('without', [10, 10, 20]),
    measureWith: measured('with', [10, 40, 30]),
    write: (line) => lines.push(line),
  });
  expect(order).toEqual(['without', 'with', 'with', 'without', 'without', 'with']);
  expect(lines).toHaveLength(7);
  expect(lines[3]).toMatch(/^2: with .* p99 40\.00 ms/);
  expect(lines.at(-1)).toBe(comparisonLine('noise', [1, 4, 1.5]));
});

test('the median of the rounds is what is quoted', () => {
  expect(comparisonLine('noise', [1, 4, 1.5])).toBe(
    'p99 with noise / without: 1.50 (median of 3 rounds: 1.00, 4.00, 1.50)',
  );
});

test('those that were not answered are told, with the reason of the first', () => {
  const said = 'p50 1.00 ms, p99 2.00 ms, p99.9 3.00 ms; answered 100, not answered';
  expect(lineOf(noticed(2))).toBe(`${said} none`);
  expect(lineOf(noticed(2, ['503', 'cut']))).toBe(`${said} 2 (503)`);
});
