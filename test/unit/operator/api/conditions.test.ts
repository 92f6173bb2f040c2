// Conditions: which are ours, which reasons mean that somebody must act, and when a transition time
// moves.
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../../crds/schema.ts';
import {
  CONDITION_TYPES,
  type ConditionStatement,
  conditionsFrom,
  isOwnConditionType,
  isStalledReason,
  OTHER_REASONS,
  STALLED_REASONS,
  WAITING_REASONS,
  type WaitingReason,
} from '../../../../operator/api/conditions.ts';

const NOW = '2030-01-01T00:00:00Z';
const EARLIER = '2029-06-01T00:00:00Z';

const statement: ConditionStatement = {
  type: 'Ready',
  status: 'False',
  reason: 'Deploying',
  message: 'Waits.',
};

const earlierOne = (change: Partial<Condition> = {}): Condition => ({
  type: 'Ready',
  status: 'False',
  observedGeneration: 1,
  lastTransitionTime: EARLIER,
  reason: 'Deploying',
  message: 'Waits.',
  ...change,
});

describe('the words', () => {
  it('name a reason only once', () => {
    const all = [STALLED_REASONS, WAITING_REASONS, OTHER_REASONS].flatMap((map) =>
      Object.keys(map),
    );
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(
    [CONDITION_TYPES, STALLED_REASONS, WAITING_REASONS, OTHER_REASONS].flatMap((map) =>
      Object.entries(map),
    ),
  )('%s has a sentence that says what it means', (name, sentence) => {
    expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(sentence).toMatch(/^[A-Zs].*\.$/);
  });

  it('tell our conditions from those of others', () => {
    expect(Object.keys(CONDITION_TYPES).every(isOwnConditionType)).toBe(true);
    expect(isOwnConditionType('OneOfAnOlderVersion')).toBe(true);
    expect(isOwnConditionType('example.com/Backup')).toBe(false);
  });

  it('tell reasons that need somebody to act from those that do not', () => {
    expect(
      Object.keys(STALLED_REASONS).every((name) => isStalledReason(name as 'NameConflict')),
    ).toBe(true);
    expect(
      Object.keys(WAITING_REASONS).some((name) => isStalledReason(name as WaitingReason)),
    ).toBe(false);
  });
});

describe('a condition made from a statement', () => {
  it('carries the generation, the words and the time of this reconcile', () => {
    expect(conditionsFrom([statement], [], 3, NOW)).toEqual([
      { ...statement, observedGeneration: 3, lastTransitionTime: NOW },
    ]);
  });

  it('keeps its transition time while its status stays, though reason and message change', () => {
    const previous = [earlierOne({ reason: 'Unschedulable', message: 'No room.' })];
    const [condition] = conditionsFrom([statement], previous, 2, NOW);
    expect(condition).toMatchObject({ lastTransitionTime: EARLIER, reason: 'Deploying' });
  });

  it.each(['True', 'Unknown'] as const)(
    'moves its transition time when its status was %s',
    (was) => {
      const [condition] = conditionsFrom([statement], [earlierOne({ status: was })], 1, NOW);
      expect(condition?.lastTransitionTime).toBe(NOW);
    },
  );

  it('takes no transition time from a condition of another type', () => {
    const [condition] = conditionsFrom([statement], [earlierOne({ type: 'Stalled' })], 1, NOW);
    expect(condition?.lastTransitionTime).toBe(NOW);
  });

  it('keeps the order of the statements', () => {
    const statements: ConditionStatement[] = [statement, { ...statement, type: 'Reachable' }];
    const types = conditionsFrom(statements, [earlierOne({ type: 'Reachable' })], 1, NOW);
    expect(types.map(({ type }) => type)).toEqual(['Ready', 'Reachable']);
  });
});
