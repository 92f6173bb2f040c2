// Changes as bytes and back: nothing is lost, whatever the key and the value are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../../server/store/change.ts';
import {
  decodeChanges,
  encodeChanges,
  encodedBytesMax,
} from '../../../../server/store/change-codec.ts';

const place = {
  database: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
};
const put = fc.record({
  ...{ op: fc.constant('put' as const), ...place },
  ...{ value: fc.uint8Array({ maxLength: 300 }), ifAbsent: fc.boolean() },
});
const remove = fc.record({ op: fc.constant('remove' as const), ...place });
const groups = fc.array(fc.oneof(put, remove), { maxLength: 20 });

/** With the value as a plain array, so that two of them can be compared. */
const plain = (change: Change) =>
  change.op === 'put' ? { ...change, value: [...change.value] } : change;

test('a group comes back as it was, in its order', () => {
  fc.assert(
    fc.property(groups, (group) => {
      expect(decodeChanges(encodeChanges(group)).map(plain)).toEqual(group.map(plain));
    }),
  );
});

test('no change takes more bytes than is said', () => {
  fc.assert(
    fc.property(fc.oneof(put, remove), (change) => {
      expect(encodeChanges([change]).byteLength).toBeLessThanOrEqual(encodedBytesMax(change));
    }),
  );
});

test.each([
  ['the longest key of four-byte characters', '\u{10ffff}'.repeat(256), 10],
  ['the largest value', 'k', 2 ** 20],
])('%s comes back', (_, key, length) => {
  const value = Buffer.alloc(length, 7);
  const [change] = decodeChanges(
    encodeChanges([{ op: 'put', database: 2 ** 31 - 1, key, value, ifAbsent: false }]),
  );
  expect(change).toMatchObject({ op: 'put', key, database: 2 ** 31 - 1 });
  expect(change?.op === 'put' && value.equals(change.value)).toBe(true);
});
