// The patch that leaves nothing but what is desired: what it takes away, what it replaces, what it
// keeps.
import { describe, expect, it } from 'vitest';
import { overwriting } from '../../../../operator/status/overwriting.ts';

describe('the patch that leaves nothing but what is desired', () => {
  it.each<[sentence: string, live: unknown, desired: unknown, patch: unknown]>([
    ['takes away a field that is not desired', { a: 1, b: 2 }, { a: 1 }, { a: 1, b: null }],
    ['adds a field that is missing', {}, { a: { b: 1 } }, { a: { b: 1 } }],
    ['goes into maps', { a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: null, c: 3 } }],
    ['replaces a list whole', { a: [1, 2, 3] }, { a: [2] }, { a: [2] }],
    ['replaces a list of maps whole', { a: [{ b: 1 }] }, { a: [{ c: 1 }] }, { a: [{ c: 1 }] }],
    ['replaces a map by a value', { a: { b: 1 } }, { a: 'b' }, { a: 'b' }],
    ['replaces a value by a map', { a: 'b' }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['takes away what is desired to be undefined', { a: 1 }, { a: undefined }, { a: null }],
    ['is all of it where there was nothing', undefined, { a: 1 }, { a: 1 }],
  ])('%s', (_sentence, live, desired, patch) => {
    expect(overwriting(live, desired)).toEqual(patch);
  });

  it('takes a rolling update away beside Recreate', () => {
    const rollingUpdate = { maxSurge: '25%' };
    const live = { replicas: 3, strategy: { type: 'RollingUpdate', rollingUpdate } };
    expect(overwriting(live, { replicas: 1, strategy: { type: 'Recreate' } })).toEqual({
      ...{ replicas: 1, strategy: { type: 'Recreate', rollingUpdate: null } },
    });
  });
});
