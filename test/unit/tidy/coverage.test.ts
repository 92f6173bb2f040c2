// What is too little coverage: of all lines, and of the places where every line counts.
import { describe, expect, it } from 'vitest';
import { type Summary, shortfalls } from '../../coverage/shortfalls.ts';
import { FULLY_COVERED_PLACES } from '../../tidy/places.ts';

const TOP = '/checkout';

/** A summary with a file in each fully covered place, all lines run, and what else is given. */
const summary = (covered: number, others: Summary = {}): Summary => ({
  total: { lines: { total: 1000, covered } },
  ...Object.fromEntries(
    FULLY_COVERED_PLACES.map((place) => [
      `${TOP}/${place}.ts`,
      { lines: { total: 10, covered: 10 } },
    ]),
  ),
  ...others,
});

const file = (path: string, covered: number): Summary => ({
  [`${TOP}/${path}`]: { lines: { total: 10, covered } },
});

describe('of all lines', () => {
  it('80 % are enough', () => {
    expect(shortfalls(summary(800), TOP)).toEqual([]);
  });

  it('fewer are not', () => {
    expect(shortfalls(summary(799), TOP)).toEqual(['tests run 79.9 % of all lines, at least 80 %']);
  });

  it.each([[{}], [{ total: { lines: { total: 0, covered: 0 } } }]])('none at all: %j', (none) => {
    expect(shortfalls(none, TOP)[0]).toBe('the summary is empty: no test ran any code');
  });
});

describe('of a fully covered place', () => {
  it.each(['operator/builders/pod.ts', 'operator/queue/fifo.ts', 'server/sealing/seal.ts'])(
    'a single line that is not run is too much: %s',
    (path) => {
      expect(shortfalls(summary(900, file(path, 9)), TOP)).toEqual([
        `${path}: a test runs 9 of its 10 lines`,
      ]);
    },
  );

  it('other places may have such lines', () => {
    expect(shortfalls(summary(900, file('operator/watch/cache.ts', 1)), TOP)).toEqual([]);
  });

  it('a file of types has no lines, and lacks none', () => {
    const types: Summary = { [`${TOP}/operator/api/a.ts`]: { lines: { total: 0, covered: 0 } } };
    expect(shortfalls(summary(900, types), TOP)).toEqual([]);
  });

  it('a place without a file is missing from the summary', () => {
    const { [`${TOP}/operator/queue/backoff.ts`]: gone, ...others } = summary(900);
    expect(gone).toBeDefined();
    expect(shortfalls(others, TOP)).toEqual([
      'operator/queue/backoff: the summary has no file of this place',
    ]);
  });
});
