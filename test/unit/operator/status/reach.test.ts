// What an answer through the Service means, and what an earlier operator's condition still says.
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../../crds/schema.ts';
import {
  ASKING,
  formerReach,
  isSettled,
  NOT_ASKED,
  OUTSIDE,
  type ProbeAnswer,
  type Reach,
  reachFrom,
} from '../../../../operator/status/reach.ts';

const answer = (outcome: ProbeAnswer['outcome'], detail = 'what happened') => ({ outcome, detail });
const conditionFrom = (reach: Reach, change: Partial<Condition> = {}): Condition => ({
  ...{ type: 'Reachable', observedGeneration: 1, lastTransitionTime: '2029-06-01T00:00:00Z' },
  ...reach,
  ...change,
});

describe('an answer', () => {
  it.each([
    ['healthy', 'True', 'Answered'],
    ['unhealthy', 'False', 'Unhealthy'],
    ['refused', 'False', 'Unreachable'],
    ['silent', 'Unknown', 'NotVerified'],
    ['intercepted', 'Unknown', 'Intercepted'],
  ] as const)('that is %s makes Reachable %s/%s', (outcome, status, reason) => {
    const reach = reachFrom(answer(outcome));
    expect(reach).toMatchObject({ status, reason });
    expect(isSettled(reach)).toBe(true);
  });

  it.each(['unhealthy', 'refused', 'silent', 'intercepted'] as const)(
    'that is %s is told with what happened',
    (outcome) => {
      expect(reachFrom(answer(outcome, '503 DKV_X')).message).toContain('503 DKV_X');
    },
  );

  it('says who may be in the way', () => {
    expect(reachFrom(answer('silent')).message).toContain('network policy');
    expect(reachFrom(answer('intercepted')).message).toContain('service mesh');
    expect(reachFrom(answer('unhealthy')).message).toContain("server's log");
  });
});

describe('what an earlier operator found out', () => {
  it.each(['healthy', 'unhealthy', 'refused', 'silent', 'intercepted'] as const)(
    'is read back as it was: %s',
    (outcome) => {
      const reach = reachFrom(answer(outcome));
      const others = conditionFrom(reach, { type: 'Ready', reason: 'Available' });
      expect(formerReach([others, conditionFrom(reach)])).toEqual(reach);
    },
  );

  it('outside of the cluster is read back too', () => {
    expect(formerReach([conditionFrom(OUTSIDE)])).toEqual(OUTSIDE);
  });

  it.each<[string, Condition[] | undefined]>([
    ['there are no conditions', undefined],
    ['there is none of its type', []],
    ['nothing was asked', [conditionFrom(NOT_ASKED)]],
    ['nothing was answered', [conditionFrom(ASKING)]],
    ['its reason is unknown', [conditionFrom(NOT_ASKED, { reason: 'toString' })]],
    ['its status is not that of its reason', [conditionFrom(OUTSIDE, { status: 'True' })]],
  ])('is nothing where %s', (_case, conditions) => {
    expect(formerReach(conditions)).toBeUndefined();
  });

  it('and what is no answer is not settled', () => {
    expect([NOT_ASKED, ASKING].map(isSettled)).toEqual([false, false]);
  });
});
