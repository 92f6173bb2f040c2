// Lookups are kept for names that were asked for lately, are those of the sealer, and take no more
// room than they may.
import { expect, test, vi } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import { Lookups } from '../../../../server/store/lookups.ts';

const sealer = () => ({
  lookup: vi.fn((database: number, name: string) => Buffer.from(`${database}: ${name}`)),
});

test('what was asked for before is not computed again, and is the same', () => {
  const counted = sealer();
  const lookups = new Lookups(counted);
  for (let i = 0; i < 3; i += 1) expect(String(lookups.of(1, 'a'))).toBe('1: a');
  expect(counted.lookup).toHaveBeenCalledTimes(1);
});

test('names of two databases, and those with the look of both, are told apart', () => {
  const lookups = new Lookups(sealer());
  const names = [lookups.of(1, '2/a'), lookups.of(1, 'a'), lookups.of(12, 'a'), lookups.of(2, 'a')];
  expect(names.map(String)).toEqual(['1: 2/a', '1: a', '12: a', '2: a']);
});

test('what is asked for again and again stays; what is not goes', () => {
  const counted = sealer();
  const lookups = new Lookups(counted, 4);
  lookups.of(0, 'rare');
  for (let i = 0; i < 40; i += 1) {
    lookups.of(0, 'often');
    lookups.of(0, `other ${i}`);
  }
  lookups.of(0, 'rare');
  const askedFor = (name: string) => counted.lookup.mock.calls.filter(([, key]) => key === name);
  expect(askedFor('often')).toHaveLength(1);
  expect(askedFor('rare')).toHaveLength(2);
});

test('long names are not kept', () => {
  const counted = sealer();
  const lookups = new Lookups(counted);
  const long = 'x'.repeat(limits.lookupKeyCharactersMax + 1);
  lookups.of(0, long);
  lookups.of(0, long);
  expect(counted.lookup).toHaveBeenCalledTimes(2);
});
