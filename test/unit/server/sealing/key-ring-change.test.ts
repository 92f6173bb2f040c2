// The keys of a store when the key file changes: what seals from then on, and what is asked of the
// file. The store is an array here; files that change are in test/server/.
import { expect, test } from 'vitest';
import {
  expectKeks,
  KeyNotInFileError,
  type WrappedKey,
} from '../../../../server/sealing/key-ring.ts';
import { SealBrokenError } from '../../../../server/sealing/seal.ts';
import { FIRST, hold, keep, keyFile, loaded, newStore, rows, SECOND } from './kept-keys.ts';

test('a new first key of the file makes a new data key, which it wraps', () => {
  const ring = newStore(1);
  const { id } = ring.dataKeyForSealing(2, keep);
  ring.useKeks(keyFile(2, 1));
  const next = ring.dataKeyForSealing(2, keep);
  expect(next.id).not.toBe(id);
  expect(rows.at(-1)).toMatchObject({ id: next.id, kekId: SECOND?.id });
  expect(ring.dataKey(id)).toBeDefined();
});

test('a file with the same first key goes on with the data key of before', () => {
  const ring = newStore(1);
  const { id } = ring.dataKeyForSealing(2, keep);
  ring.useKeks(keyFile(1, 2));
  expect(ring.dataKeyForSealing(2, keep).id).toBe(id);
});

test('keys that another thread makes under a new key are opened once the ring has it', () => {
  const writer = newStore(1);
  const [untold, told] = [loaded(1), loaded(1)];
  writer.useKeks(keyFile(2, 1));
  const { id, key } = writer.dataKeyForSealing(2, keep);
  expect(() => untold.loadNew(rows)).toThrow(KeyNotInFileError);
  told.useKeks(keyFile(1, 2));
  told.loadNew(rows);
  expect(told.dataKey(id)?.equals(key)).toBe(true);
});

test('a ring without a key is none', () => {
  expect(() => newStore(1).useKeks([])).toThrow('needs a key-encryption key');
});

test('a file is looked through for every key that wraps', () => {
  newStore(1).dataKeyForSealing(2, keep);
  loaded(2, 1).dataKeyForSealing(2, keep);
  expect(() => expectKeks(rows, keyFile(1, 2))).not.toThrow();
  expect(() => expectKeks(rows, keyFile(3, 1))).toThrow(SECOND?.id);
  expect(() => expectKeks(rows, keyFile(2))).toThrow(FIRST?.id);
});

test('a fingerprint that is none asks for no key', () => {
  newStore(1);
  rows.push({ id: 2, purpose: 'data', kekId: 'damaged', wrapped: Buffer.alloc(61) });
  expect(() => expectKeks(rows, keyFile(1))).not.toThrow();
});

test('a key that is wrapped anew is the same key, under the new first one', () => {
  const ring = newStore(1);
  const { id, key } = ring.dataKeyForSealing(2, keep);
  ring.useKeks(keyFile(2, 1));
  hold(rows.map((row) => ring.rewrap(row)));
  expect(rows.map(({ kekId }) => kekId)).toEqual([SECOND?.id, SECOND?.id]);
  const again = loaded(2);
  expect(again.dataKey(id)?.equals(key)).toBe(true);
  expect(again.lookupKey.equals(ring.lookupKey)).toBe(true);
});

test('wrapping anew takes another nonce each time', () => {
  const ring = newStore(1);
  const wrapped = rows.flatMap((row) => [row, ring.rewrap(row), ring.rewrap(row)]);
  const nonces = wrapped.map(({ wrapped: bytes }) => Buffer.from(bytes.subarray(1, 13)));
  expect(new Set(nonces.map((nonce) => nonce.toString('hex'))).size).toBe(3);
});

test.each([
  ['damaged', { wrapped: Buffer.alloc(61, 1) }, SealBrokenError],
  ['another purpose', { purpose: 'data' as const }, SealBrokenError],
  ['another id', { id: 9 }, SealBrokenError],
  ['without a fingerprint', { kekId: '' }, SealBrokenError],
  ['wrapped by a strange key', { kekId: '9'.repeat(32) }, KeyNotInFileError],
])('a key that is %s cannot be wrapped anew', (_, change, error) => {
  const ring = newStore(1);
  const [row] = rows as [WrappedKey];
  expect(() => ring.rewrap({ ...row, ...change })).toThrow(error);
});

test('a ring tells the keys of its file', () => {
  const ring = newStore(1, 2);
  expect(ring.kekIds).toEqual([FIRST?.id, SECOND?.id]);
  expect(ring.sealingKekId).toBe(FIRST?.id);
  ring.useKeks(keyFile(2));
  expect(ring.kekIds).toEqual([SECOND?.id]);
  expect(ring.sealingKekId).toBe(SECOND?.id);
});

test('a data key that is forgotten seals no more, and is met again where it was kept', () => {
  const ring = newStore(1);
  const { id } = ring.dataKeyForSealing(2, keep);
  ring.forget(id);
  expect([ring.knows(id), ring.dataKey(id)]).toEqual([false, undefined]);
  expect(ring.dataKeyForSealing(2, keep).id).not.toBe(id);
  ring.loadNew(rows);
  expect(ring.dataKey(id)).toBeDefined();
});

test('a data key that is retired opens still, and seals no more', () => {
  const ring = newStore(1);
  const { id } = ring.dataKeyForSealing(2, keep);
  ring.retire();
  expect(ring.dataKeyForSealing(2, keep).id).not.toBe(id);
  expect(ring.dataKey(id)).toBeDefined();
});

test('of another copy of the store all keys count, and those of before no longer', () => {
  const ring = newStore(1);
  const copy = [...rows];
  const { id, key } = ring.dataKeyForSealing(2, keep);
  hold([...copy]);
  const other = loaded(1).dataKeyForSealing(2, keep);
  expect(other.id).toBe(id);
  ring.reload(rows);
  expect(ring.dataKey(id)?.equals(other.key)).toBe(true);
  const next = ring.dataKeyForSealing(2, keep);
  expect(next.id).not.toBe(id);
  expect(next.key.equals(key)).toBe(false);
  hold(copy);
  ring.reload(rows);
  expect(ring.knows(id)).toBe(false);
  expect(ring.dataKey(id)).toBeUndefined();
});

test('the key that seals goes on sealing where the store still holds it', () => {
  const ring = newStore(1);
  const { id } = ring.dataKeyForSealing(2, keep);
  ring.reload(rows);
  expect(ring.dataKeyForSealing(2, keep).id).toBe(id);
});

test.each([
  ['needs another key file', () => rows.map((row) => ({ ...row, kekId: SECOND?.id ?? '' }))],
  ['lacks its lookup key', () => rows.slice(1)],
])('a copy that %s changes nothing', (_, change) => {
  const ring = newStore(1);
  const { id } = ring.dataKeyForSealing(2, keep);
  const { lookupKey } = ring;
  expect(() => ring.reload(change())).toThrow();
  expect(ring.lookupKey).toBe(lookupKey);
  expect(ring.dataKeyForSealing(2, keep).id).toBe(id);
  expect(ring.dataKey(id)).toBeDefined();
});
