// The ledger knows what may be there, and complains about all else.
import { expect, test } from 'vitest';
import { Ledger, valueFor } from './ledger.ts';

test('what was acknowledged last must be there', () => {
  const ledger = new Ledger();
  for (const value of ['one', 'two']) {
    ledger.sent('k', value);
    ledger.acknowledged('k', value);
  }
  expect(ledger.complaint('k', 'two')).toBeUndefined();
  expect(ledger.complaint('k', 'one')).toContain('"one"');
  expect(ledger.complaint('k', undefined)).toContain('found nothing, but "two"');
  expect(ledger.acknowledgedCount).toBe(2);
});

test('a write without an answer may be there or not, and so may each such write', () => {
  const ledger = new Ledger();
  ledger.sent('k', 'one');
  ledger.acknowledged('k', 'one');
  ledger.sent('k', 'two');
  ledger.sent('k', undefined);
  for (const state of ['one', 'two', undefined]) expect(ledger.allows('k', state)).toBe(true);
  expect(ledger.allows('k', 'three')).toBe(false);
});

test('what was found is known from then on', () => {
  const ledger = new Ledger();
  ledger.sent('k', 'one');
  ledger.settle('k', undefined);
  expect(ledger.allows('k', 'one')).toBe(false);
});

test('a write that was refused for certain is not there', () => {
  const ledger = new Ledger();
  ledger.sent('k', 'one');
  ledger.refused('k');
  expect(ledger.allows('k', undefined)).toBe(true);
  expect(ledger.allows('k', 'one')).toBe(false);
});

test('a deletion that was acknowledged leaves nothing', () => {
  const ledger = new Ledger();
  ledger.acknowledged('k', 'one');
  ledger.sent('k', undefined);
  ledger.acknowledged('k', undefined);
  expect(ledger.complaint('k', 'one')).toContain('found "one"');
});

test('a copy goes its own way', () => {
  const ledger = new Ledger();
  ledger.acknowledged('k', 'one');
  ledger.sent('k', 'two');
  const copy = ledger.copy();
  ledger.acknowledged('k', 'two');
  expect(copy.allows('k', 'one')).toBe(true);
  expect(ledger.allows('k', 'one')).toBe(false);
  expect(copy.acknowledgedCount).toBe(1);
});

test('values tell their key and place, and are as long as asked', () => {
  const values = [
    valueFor('a', 1, 0),
    valueFor('a', 2, 0),
    valueFor('b', 1, 0),
    valueFor('a', 1, 99),
  ];
  expect(new Set(values).size).toBe(values.length);
  expect(valueFor('a', 1, 1_000)).toHaveLength('a 1 '.length + 1_000);
  expect(valueFor('a', 1, 50)).toBe(valueFor('a', 1, 50));
});

test('what was sent last is what is acknowledged, where nobody says what it was', () => {
  const ledger = new Ledger();
  ledger.sent('k', 'one');
  ledger.sent('k', 'two');
  ledger.acknowledgedLast('k');
  expect(ledger.stateOf('k')).toBe('two');
  expect(ledger.allows('k', 'one')).toBe(false);
});
