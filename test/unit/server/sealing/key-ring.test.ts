// The keys of a store: when new ones are made, that they come back, and what a wrong file leads to.
// The store is an array here; the real one is in test/server/.
import { expect, test, vi } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import { type KeepKey, KeyNotInFileError, KeyRing } from '../../../../server/sealing/key-ring.ts';
import { nonceBytes, SealBrokenError } from '../../../../server/sealing/seal.ts';
import {
  FIRST,
  hold,
  keep,
  keyFile,
  loaded,
  newStore,
  rows,
  SECOND,
  STORE_ID,
} from './kept-keys.ts';

test('a new store gets a lookup key, wrapped by the first key of the file', () => {
  newStore(1, 2);
  expect(rows.map(({ purpose, kekId }) => [purpose, kekId])).toEqual([['lookup', FIRST?.id]]);
});

test('what is kept is 61 bytes, and not the key', () => {
  const ring = newStore(1);
  expect(rows[0]?.wrapped).toHaveLength(1 + 12 + 32 + 16);
  expect(Buffer.from(rows[0]?.wrapped ?? []).includes(ring.lookupKey.export())).toBe(false);
});

test('the lookup key and the data keys come back after loading', () => {
  const ring = newStore(1);
  const { id, key } = ring.dataKeyForSealing(1, keep);
  const again = loaded(1);
  expect(again.lookupKey.equals(ring.lookupKey)).toBe(true);
  expect(again.dataKey(id)?.equals(key)).toBe(true);
});

test('no two keys are wrapped with one nonce', () => {
  newStore(1);
  for (let i = 0; i < 20; i += 1) loaded(1).dataKeyForSealing(2, keep);
  const nonces = rows.map(({ wrapped }) =>
    Buffer.from(wrapped.subarray(1, 1 + nonceBytes)).toString('hex'),
  );
  expect(new Set(nonces).size).toBe(21);
});

test('a data key is made with the first seal, not before', () => {
  const ring = newStore(1);
  expect(rows).toHaveLength(1);
  ring.dataKeyForSealing(2, keep);
  expect(rows.map(({ purpose }) => purpose)).toEqual(['lookup', 'data']);
});

test('one process seals with one data key', () => {
  const ring = newStore(1);
  const ids = Array.from({ length: 50 }, () => ring.dataKeyForSealing(2, keep).id);
  expect(new Set(ids).size).toBe(1);
});

test('another process makes a data key of its own and still opens with the old one', () => {
  const first = newStore(1).dataKeyForSealing(2, keep);
  const ring = loaded(1);
  const second = ring.dataKeyForSealing(2, keep);
  expect(second.id).not.toBe(first.id);
  expect(second.key.equals(first.key)).toBe(false);
  expect(ring.dataKey(first.id)?.equals(first.key)).toBe(true);
});

test('a data key seals 2^30 times and not once more', () => {
  const ring = newStore(1);
  const half = limits.sealsPerDataKeyMax / 2;
  const ids = [half, half, 1].map((seals) => ring.dataKeyForSealing(seals, keep).id);
  expect(limits.sealsPerDataKeyMax).toBe(2 ** 30);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[1]);
});

test('a write that would pass the allowance gets a new key as a whole', () => {
  const ring = newStore(1);
  const { id } = ring.dataKeyForSealing(limits.sealsPerDataKeyMax - 1, keep);
  expect(ring.dataKeyForSealing(2, keep).id).not.toBe(id);
});

test('a data key that could not be kept is not used; the next try makes another', () => {
  const ring = newStore(1);
  const failing = vi.fn<KeepKey>(() => {
    throw new Error('the disk is full');
  });
  expect(() => ring.dataKeyForSealing(2, failing)).toThrow('the disk is full');
  expect(rows).toHaveLength(1);
  const { id, key } = ring.dataKeyForSealing(2, keep);
  expect(loaded(1).dataKey(id)?.equals(key)).toBe(true);
});

test('a data key that the store does not have is undefined', () => {
  expect(newStore(1).dataKey(99)).toBeUndefined();
});

test('after the file got a new first key, old keys open and new ones are wrapped by it', () => {
  const { id } = newStore(1).dataKeyForSealing(2, keep);
  const ring = loaded(2, 1);
  expect(ring.dataKey(id)).toBeDefined();
  ring.dataKeyForSealing(2, keep);
  expect(rows.at(-1)?.kekId).toBe(SECOND?.id);
});

test('a file without the key that wraps is refused, naming its fingerprint', () => {
  newStore(1);
  expect(() => loaded(2)).toThrow(KeyNotInFileError);
  expect(() => loaded(2)).toThrow(FIRST?.id);
});

test('a lookup key of another store does not open, nor one under another purpose', () => {
  newStore(1).dataKeyForSealing(2, keep);
  const other = new KeyRing(Buffer.alloc(16, 2), keyFile(1));
  expect(() => other.load(rows)).toThrow(SealBrokenError);
  const [lookup, data] = rows;
  if (lookup === undefined || data === undefined) throw new Error('two keys are needed');
  hold([lookup, { ...data, purpose: 'lookup' }]);
  expect(() => loaded(1)).toThrow(SealBrokenError);
});

test('data keys that do not open are told, and the others serve', () => {
  const first = newStore(1).dataKeyForSealing(2, keep);
  const second = loaded(1).dataKeyForSealing(2, keep);
  const [lookup, one, two] = rows;
  if (lookup === undefined || one === undefined || two === undefined) throw new Error('no keys');
  for (const damaged of [
    { ...one, wrapped: one.wrapped.subarray(1) },
    { ...one, kekId: '' },
    { ...one, kekId: `${one.kekId}0` },
  ]) {
    const ring = new KeyRing(STORE_ID, keyFile(1));
    expect(ring.load([lookup, damaged, two])).toEqual([first.id]);
    expect(ring.dataKey(first.id)).toBeUndefined();
    expect(ring.dataKey(second.id)?.equals(second.key)).toBe(true);
  }
  expect(new KeyRing(STORE_ID, keyFile(1)).load([lookup, { ...one, id: 9 }, two])).toEqual([9]);
  expect(new KeyRing(STORE_ID, keyFile(1)).load(rows)).toEqual([]);
});

test('a data key whose key-encryption key is not in the file is no damage', () => {
  newStore(1).dataKeyForSealing(2, keep);
  const [lookup, data] = rows;
  if (lookup === undefined || data === undefined) throw new Error('two keys are needed');
  hold([lookup, { ...data, kekId: SECOND?.id ?? '' }]);
  expect(() => loaded(1)).toThrow(KeyNotInFileError);
});

test('a store without a lookup key is refused', () => {
  hold([]);
  expect(() => loaded(1)).toThrow(/no lookup key/);
});

test('a ring without any key, or not loaded, is a mistake of the caller', () => {
  expect(() => new KeyRing(STORE_ID, [])).toThrow(/needs a key/);
  expect(() => new KeyRing(STORE_ID, keyFile(1)).lookupKey).toThrow(/not loaded/);
});

test('a ring that only reads takes the keys that another one has made since', () => {
  const writing = newStore(1);
  const reading = loaded(1);
  const { id, key } = writing.dataKeyForSealing(1, keep);
  expect(writing.knows(id)).toBe(true);
  expect(reading.knows(id)).toBe(false);
  reading.loadNew(rows);
  expect(reading.knows(id)).toBe(true);
  expect(reading.dataKey(id)?.equals(key)).toBe(true);
  expect(reading.lookupKey.equals(writing.lookupKey)).toBe(true);
});

test('a damaged new key is known as such, and is not looked for again and again', () => {
  const writing = newStore(1);
  const reading = loaded(1);
  const { id } = writing.dataKeyForSealing(1, keep);
  hold(rows.map((row) => (row.id === id ? { ...row, wrapped: Buffer.alloc(61) } : row)));
  reading.loadNew(rows);
  expect(reading.knows(id)).toBe(true);
  expect(reading.dataKey(id)).toBeUndefined();
});
