// What became of a group crosses from one thread to another as numbers, and comes out as it was;
// whatever is more than a change made goes another way.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangeResult, Outcome } from '../../../../server/store/change.ts';
import { decodeOutcomes, encodeOutcomes } from '../../../../server/store/outcome-codec.ts';

const results: fc.Arbitrary<ChangeResult> = fc.record({
  revision: fc.maxSafeNat(),
  created: fc.boolean(),
  expiresAtMs: fc.option(fc.maxSafeNat()),
});
const made = results.map((result): Outcome => ({ results: [result] }));

test('changes that were made come out as they were, however many', () => {
  fc.assert(
    fc.property(fc.array(made, { maxLength: 200 }), (outcomes) => {
      const sent = structuredClone(encodeOutcomes(outcomes)) ?? expect.fail('not encoded');
      expect(decodeOutcomes(sent)).toEqual(outcomes);
    }),
  );
});

const one: ChangeResult = { revision: 1, created: true, expiresAtMs: null };

test.each<[string, Outcome]>([
  ['a failure', { code: 'DKV_STORE_FULL', cause: undefined }],
  ['a refusal', { refusal: { at: 0, reason: 'condition' } }],
  ['a counter', { results: [{ ...one, counter: 7n }] }],
  ['a batch of several changes', { results: [one, one] }],
  ['a batch of none', { results: [] }],
])('%s among them is not made numbers of', (_, outcome) => {
  expect(encodeOutcomes([{ results: [one] }, outcome])).toBeUndefined();
});
