// Sealing byte by byte: the documented format, and that nothing opens anywhere but where it was
// sealed. The vectors were computed with another implementation (Python's cryptography and hmac).
import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fieldAssociatedData,
  keyAssociatedData,
  lookupOf,
  open,
  SealBrokenError,
  type SealPlace,
  seal,
  sealFormat,
} from '../../../../server/sealing/seal.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const counting = (from: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => from + i));

const STORE_ID = hex('00112233445566778899aabbccddeeff');
const LOOKUP_KEY = createSecretKey(counting(0, 32));
const DATA_KEY = createSecretKey(counting(32, 32));
const KEK = createSecretKey(counting(64, 32));
const NONCE = counting(100, 12);
const LOOKUP = hex('ef7b56ba1039391d6552f004c565670e079220afecf08fed8f456a3aa98a586d');
const PLACE: SealPlace = {
  storeId: STORE_ID,
  database: 7,
  lookup: LOOKUP,
  dataKeyId: 3,
  expiresAtMs: null,
};
const VALUE_DATA = hex(
  `0100112233445566778899aabbccddeeff00000007${LOOKUP.toString('hex')}` +
    '0000000000000003020000000000000000',
);
const EXPIRING_NAME_DATA = hex(
  `0100112233445566778899aabbccddeeff00000007${LOOKUP.toString('hex')}` +
    '0000000000000003010000018bcfe56800',
);
const SEALED_HELLO = hex('016465666768696a6b6c6d6e6fdd08e2bfb0129b4e8d37b8639310eb1487f75d3255');
const SEALED_NOTHING = hex('016465666768696a6b6c6d6e6fb3eee51d5ee3d87777401e82b7692ba3');
const WRAPPED_DATA_KEY = hex(
  '016465666768696a6b6c6d6e6fd15f244771b7e095e54bb9ab75d5b3c97c6fbef9a5b98bf124b8f5d77e7c82055661' +
    '9c5ecc57b2588fb090d5e11ad236',
);

test('the lookup of a known key in a known database', () => {
  expect(lookupOf(LOOKUP_KEY, 7, 'grüße')).toEqual(LOOKUP);
});

test('the associated data of a value that never expires', () => {
  expect(fieldAssociatedData(PLACE, 'value')).toEqual(VALUE_DATA);
});

test('the associated data of a name that expires', () => {
  const data = fieldAssociatedData({ ...PLACE, expiresAtMs: 1_700_000_000_000 }, 'name');
  expect(data).toEqual(EXPIRING_NAME_DATA);
});

test('the associated data of a data key', () => {
  expect(keyAssociatedData(STORE_ID, 'data', 3)).toEqual(
    hex('0100112233445566778899aabbccddeeff020000000000000003'),
  );
});

test('the associated data of a lookup key has another purpose', () => {
  expect(keyAssociatedData(STORE_ID, 'lookup', 3)).toEqual(
    hex('0100112233445566778899aabbccddeeff010000000000000003'),
  );
});

test.each([
  ['a value', DATA_KEY, Buffer.from('hello'), VALUE_DATA, SEALED_HELLO],
  ['an empty name', DATA_KEY, Buffer.alloc(0), EXPIRING_NAME_DATA, SEALED_NOTHING],
  ['a key', KEK, counting(32, 32), keyAssociatedData(STORE_ID, 'data', 3), WRAPPED_DATA_KEY],
] as const)('%s is sealed to the known bytes and opens again', (_, key, plain, data, sealed) => {
  expect(seal(key, plain, data, NONCE)).toEqual(sealed);
  expect(open(key, sealed, data)).toEqual(plain);
});

test('what is opened lies in memory of its own, which goes when nobody keeps it', () => {
  const plain = open(DATA_KEY, SEALED_HELLO, VALUE_DATA);
  expect(plain.buffer.byteLength).toBe(plain.length);
});

test('what is sealed begins with the format byte and the nonce', () => {
  const sealed = seal(DATA_KEY, Buffer.from('x'), VALUE_DATA, NONCE);
  expect(sealed[0]).toBe(sealFormat);
  expect(sealed.subarray(1, 13)).toEqual(NONCE);
});

/** Each place that differs in one thing from PLACE. */
const elsewhere: [string, SealPlace, 'name' | 'value'][] = [
  ['another store', { ...PLACE, storeId: counting(1, 16) }, 'value'],
  ['another database', { ...PLACE, database: 8 }, 'value'],
  ['another lookup', { ...PLACE, lookup: counting(0, 32) }, 'value'],
  ['another data key id', { ...PLACE, dataKeyId: 4 }, 'value'],
  ['another field', PLACE, 'name'],
  ['an expiry', { ...PLACE, expiresAtMs: 1 }, 'value'],
];

test.each(elsewhere)('a value does not open with %s', (_, place, field) => {
  expect(() => open(DATA_KEY, SEALED_HELLO, fieldAssociatedData(place, field))).toThrow(
    SealBrokenError,
  );
});

test.each([
  ['another store', keyAssociatedData(counting(1, 16), 'data', 3)],
  ['another purpose', keyAssociatedData(STORE_ID, 'lookup', 3)],
  ['another id', keyAssociatedData(STORE_ID, 'data', 2)],
])('a wrapped key does not open with %s', (_, data) => {
  expect(() => open(KEK, WRAPPED_DATA_KEY, data)).toThrow(SealBrokenError);
});

test('a value does not open with another key', () => {
  expect(() => open(KEK, SEALED_HELLO, VALUE_DATA)).toThrow(SealBrokenError);
});

test('no flipped bit goes unseen', () => {
  for (let bit = 0; bit < SEALED_HELLO.length * 8; bit += 1) {
    const flipped = Buffer.from(SEALED_HELLO);
    const at = bit >> 3;
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
    expect(() => open(DATA_KEY, flipped, VALUE_DATA), `bit ${bit}`).toThrow(SealBrokenError);
  }
});

test('no cut goes unseen', () => {
  for (let length = 0; length < SEALED_HELLO.length; length += 1) {
    const cut = SEALED_HELLO.subarray(0, length);
    expect(() => open(DATA_KEY, cut, VALUE_DATA), `${length} bytes`).toThrow(SealBrokenError);
  }
});

test('what was added at the end does not go unseen', () => {
  const longer = Buffer.concat([SEALED_HELLO, Buffer.of(0)]);
  expect(() => open(DATA_KEY, longer, VALUE_DATA)).toThrow(SealBrokenError);
});

const places = fc.record<SealPlace>({
  storeId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  database: fc.nat({ max: 2 ** 31 - 1 }),
  lookup: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  dataKeyId: fc.nat(),
  expiresAtMs: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
});

test('whatever is sealed opens in its place', () => {
  fc.assert(
    fc.property(places, fc.uint8Array({ maxLength: 500 }), (place, plain) => {
      const data = fieldAssociatedData(place, 'value');
      expect([...open(DATA_KEY, seal(DATA_KEY, plain, data, NONCE), data)]).toEqual([...plain]);
    }),
  );
});

test('two places never have the same associated data', () => {
  const field = fc.constantFrom('name' as const, 'value' as const);
  fc.assert(
    fc.property(places, field, places, field, (a, fieldA, b, fieldB) => {
      const same = JSON.stringify([a, fieldA]) === JSON.stringify([b, fieldB]);
      expect(fieldAssociatedData(a, fieldA).equals(fieldAssociatedData(b, fieldB))).toBe(same);
      expect(fieldAssociatedData(a, fieldA)).toHaveLength(70);
    }),
  );
});

test('keys of different databases or names have different lookups', () => {
  const key = fc.tuple(fc.nat({ max: 2 ** 31 - 1 }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(key, key, (a, b) => {
      const same = a[0] === b[0] && a[1] === b[1];
      expect(lookupOf(LOOKUP_KEY, ...a).equals(lookupOf(LOOKUP_KEY, ...b))).toBe(same);
    }),
  );
});
