// When two JSON values say the same: whatever the order of their fields.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameValue } from '../../../../operator/api/same-value.ts';

describe('two values', () => {
  it.each<[string, unknown, unknown]>([
    ['fields in another order', { a: 1, b: [2] }, { b: [2], a: 1 }],
    ['a field that is undefined and one that is not there', { a: 1, b: undefined }, { a: 1 }],
    ['nothing and nothing', undefined, undefined],
  ])('are the same with %s', (_case, left, right) => {
    expect(isSameValue(left, right)).toBe(true);
  });

  it.each<[string, unknown, unknown]>([
    ['another value', { a: 1 }, { a: 2 }],
    ['a field more', { a: 1 }, { a: 1, b: 2 }],
    ['a list in another order', [1, 2], [2, 1]],
    ['a list that goes on', [1], [1, 2]],
    ['a list and a map', ['a'], { 0: 'a' }],
    ['null and a map', null, {}],
    ['a number and its text', 1, '1'],
  ])('differ with %s', (_case, left, right) => {
    expect(isSameValue(left, right)).toBe(false);
    expect(isSameValue(right, left)).toBe(false);
  });

  it('are the same exactly when JSON says so, whatever the order of fields', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isSameValue(value, JSON.parse(JSON.stringify(value)))).toBe(true);
        expect(isSameValue(value, [value])).toBe(false);
      }),
    );
  });
});
