// What clients were told is kept so that it can be judged: what is not known may have happened
// until the end of its round, and not after it.
import { expect, test } from 'vitest';
import type { Outcome } from './entry-client.ts';
import { History } from './history.ts';
import type { Run } from './proof.ts';

const quiet = { progress: () => {} } as unknown as Run;

const found = (value: string | null): Outcome => ({
  ...{ action: { kind: 'get', found: value }, isUncertain: false, status: 200 },
});
const stored = (value: string, isUncertain = false): Outcome => ({
  action: { kind: 'put', value, expected: undefined, outcome: isUncertain ? 'stored' : 'created' },
  isUncertain,
  status: isUncertain ? 500 : 201,
});

/** One operation after the other, all on one key. */
function historyOf(...outcomes: (Outcome | 'end')[]): History {
  const history = new History();
  for (const outcome of outcomes) {
    if (outcome === 'end') history.endRound();
    else history.note('k', history.moment(), outcome);
  }
  history.endRound();
  return history;
}

const judged = (...outcomes: (Outcome | 'end')[]) => {
  const history = historyOf(...outcomes);
  return () => history.expectLinearizable(quiet);
};

test('what was acknowledged is there for whoever reads later', () => {
  expect(judged(stored('a'), found('a'))).not.toThrow();
  expect(judged(stored('a'), found(null))).toThrow('k is not linearizable');
});

test('what is not known may happen late, or never, but not after its round', () => {
  expect(judged(stored('a', true), found(null), found('a'))).not.toThrow();
  expect(judged(stored('a', true), found(null), 'end', found(null))).not.toThrow();
  const late = [stored('a', true), found(null), 'end' as const, found(null), found('a')];
  expect(judged(...late)).toThrow('not linearizable');
});

test('what was seen does not go again by itself', () => {
  expect(judged(stored('a', true), found('a'), 'end', found(null))).toThrow('not linearizable');
});

test('a version that stands for two values is found', () => {
  const seen = (value: string): Outcome => ({ ...found(value), seen: { value, version: '"1"' } });
  expect(() => historyOf(seen('a'), seen('a'))).not.toThrow();
  expect(() => historyOf(seen('a'), seen('b'))).toThrow('"1" stands for two values');
});

test('the summary counts what it is about', () => {
  const refused: Outcome = {
    action: { kind: 'remove', expected: 'x', outcome: 'refused' },
    ...{ isUncertain: false, status: 412 },
  };
  const nothing: Outcome = { action: undefined, isUncertain: false, status: 503 };
  const history = historyOf(stored('a'), refused, stored('b', true), nothing);
  expect(history.count).toBe(3);
  expect(history.summary('of a test')).toBe(
    '3 operations of a test, 1 refused by their condition, 1 of unknown outcome: linearizable',
  );
});
