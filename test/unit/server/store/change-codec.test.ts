// Groups of batches as bytes and back: nothing is lost, whatever a change holds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textType } from '../../../../server/sealing/content.ts';
import type { Batch, Change } from '../../../../server/store/change.ts';
import {
  decodeBatches,
  encodeBatches,
  encodedBytesMax,
} from '../../../../server/store/change-codec.ts';

const revisions = fc.oneof(fc.constant('any' as const), fc.array(fc.nat(), { maxLength: 5 }));
const condition = fc.option(
  fc.record({ match: revisions, noneMatch: revisions }, { requiredKeys: [] }),
  { nil: undefined },
);
const target = {
  database: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  condition,
};
const ttlMs = fc.option(fc.nat(), { nil: undefined });
const expiresAtMs = fc.option(fc.nat({ max: 8.64e15 }), { nil: undefined });
const put = fc.record({
  ...{ op: fc.constant('put' as const), ...target, ttlMs, expiresAtMs },
  value: fc.uint8Array({ maxLength: 300 }),
  contentType: fc.constantFrom(textType, 'application/json', 'x/"\\'),
});
const add = fc.record({
  ...{ op: fc.constant('add' as const), ...target, ttlMs },
  delta: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});
const bare = fc.record({ op: fc.constantFrom('remove' as const, 'check' as const), ...target });
const batches: fc.Arbitrary<Batch> = fc.array(fc.oneof(put, add, bare), {
  minLength: 1,
  maxLength: 5,
});
const groups = fc.array(batches, { maxLength: 8 });

/** With the value as a plain array, and without what is not there: so two can be compared. */
const plain = (change: Change) =>
  JSON.stringify(change, (_, part) => {
    if (part instanceof Uint8Array || part?.type === 'Buffer') return [...(part.data ?? part)];
    return typeof part === 'bigint' ? String(part) : part;
  });
const read = (change: Change): unknown => JSON.parse(plain(change));

test('a group comes back as it was, in its order', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const back = decodeBatches(encodeBatches(group));
      expect(back.map((batch) => batch.map(read))).toEqual(group.map((batch) => batch.map(read)));
    }),
  );
});

test('no batch of plain changes takes more bytes than is said', () => {
  const plainPut = put.map((one) => ({
    ...one,
    ...{ contentType: textType, condition: undefined, ttlMs: undefined, expiresAtMs: undefined },
  }));
  fc.assert(
    fc.property(fc.array(plainPut, { minLength: 1, maxLength: 4 }), (batch) => {
      expect(encodeBatches([batch]).byteLength).toBeLessThanOrEqual(encodedBytesMax(batch));
    }),
  );
});

test.each([
  ['the longest key of four-byte characters', '\u{10ffff}'.repeat(256), 10],
  ['the largest value', 'k', 2 ** 20],
])('%s comes back', (_, key, length) => {
  const value = Buffer.alloc(length, 7);
  const [batch] = decodeBatches(
    encodeBatches([[{ op: 'put', database: 2 ** 31 - 1, key, value, contentType: textType }]]),
  );
  const change = batch?.[0];
  expect(change).toMatchObject({ op: 'put', key, database: 2 ** 31 - 1 });
  expect(change?.op === 'put' && value.equals(change.value)).toBe(true);
});

test('a condition that nothing bounds is a fault of the caller', () => {
  const match = Array.from({ length: 5_000 }, (_, i) => i);
  const batch: Batch = [{ op: 'check', database: 0, key: 'k', condition: { match } }];
  expect(() => encodeBatches([batch])).toThrow(/longer than a group may carry/);
});
