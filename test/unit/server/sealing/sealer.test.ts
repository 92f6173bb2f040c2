// Entries in and out of their seals: what is kept tells nothing, and opens only as what it was.
// The format itself is tested in `seal.test.ts`.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSealingKeyFile, sealingKeyFileText } from '../../../../server/sealing/key-file.ts';
import { type KeepKey, KeyRing } from '../../../../server/sealing/key-ring.ts';
import { nonceBytes, SealBrokenError } from '../../../../server/sealing/seal.ts';
import { Sealer } from '../../../../server/sealing/sealer.ts';

let nextId = 0;
const keep: KeepKey = (_purpose, _kekId, wrap) => {
  nextId += 1;
  wrap(nextId);
  return nextId;
};

function newSealer(storeFill = 1): Sealer {
  const storeId = Buffer.alloc(16, storeFill);
  const keys = parseSealingKeyFile(sealingKeyFileText(Buffer.alloc(32, 5)));
  const ring = new KeyRing(storeId, keys);
  ring.createLookupKey(keep);
  return new Sealer(storeId, ring);
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

test('name and value open to what was sealed', () => {
  const sealer = newSealer();
  const entry = sealer.sealEntry(3, 'näme', bytes('the value'), keep);
  expect(sealer.openField(entry, 'name', entry.name)).toEqual(bytes('näme'));
  expect(sealer.openField(entry, 'value', entry.value)).toEqual(bytes('the value'));
});

test('an entry is found by the lookup of its database and name', () => {
  const sealer = newSealer();
  const entry = sealer.sealEntry(3, 'k', bytes('v'), keep);
  expect(entry.lookup).toEqual(sealer.lookup(3, 'k'));
  expect(entry.lookup).not.toEqual(sealer.lookup(4, 'k'));
});

test('stores look up the same key in different places', () => {
  expect(newSealer().lookup(0, 'k')).not.toEqual(newSealer().lookup(0, 'k'));
});

test('the same value sealed twice looks different', () => {
  const sealer = newSealer();
  const [a, b] = [1, 2].map(() => sealer.sealEntry(0, 'k', bytes('same'), keep));
  expect(a?.value).not.toEqual(b?.value);
  expect(a?.name).not.toEqual(b?.name);
});

test('no nonce is used twice: not for name and value, not for another write', () => {
  const sealer = newSealer();
  const entries = Array.from({ length: 50 }, () => sealer.sealEntry(0, 'k', bytes('v'), keep));
  const nonces = entries.flatMap(({ name, value }) =>
    [name, value].map((sealed) => Buffer.from(sealed.subarray(1, 1 + nonceBytes)).toString('hex')),
  );
  expect(new Set(entries.map(({ dataKeyId }) => dataKeyId)).size).toBe(1);
  expect(new Set(nonces).size).toBe(100);
});

test('what is kept holds neither the name nor the value', () => {
  const sealer = newSealer();
  const { name, value, lookup } = sealer.sealEntry(0, 'plain-name', bytes('plain-value'), keep);
  const kept = Buffer.concat([name, value, lookup]);
  expect(kept.includes('plain-name')).toBe(false);
  expect(kept.includes('plain-value')).toBe(false);
});

test('a name does not open as a value, nor a value of another entry', () => {
  const sealer = newSealer();
  const a = sealer.sealEntry(0, 'a', bytes('value of a'), keep);
  const b = sealer.sealEntry(0, 'b', bytes('value of b'), keep);
  expect(() => sealer.openField(a, 'value', a.name)).toThrow(SealBrokenError);
  expect(() => sealer.openField(a, 'value', b.value)).toThrow(SealBrokenError);
});

test('an entry whose data key is gone is broken, not a crash', () => {
  const sealer = newSealer();
  const entry = sealer.sealEntry(0, 'k', bytes('v'), keep);
  const orphan = { ...entry, dataKeyId: 12_345 };
  expect(() => sealer.openField(orphan, 'value', entry.value)).toThrow(/no data key 12345/);
});

test('any name and value survive', () => {
  const sealer = newSealer();
  const name = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 - 1 }), name, fc.uint8Array(), (database, text, value) => {
      const entry = sealer.sealEntry(database, text, value, keep);
      expect(sealer.openField(entry, 'name', entry.name).toString('utf8')).toBe(text);
      expect([...sealer.openField(entry, 'value', entry.value)]).toEqual([...value]);
    }),
  );
});
