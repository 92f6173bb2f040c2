// The keys of a store when the key file changes: what seals from then on, and what is asked of the
// file. The store is an array here; files that change are in test/server/.
import { beforeEach, expect, test } from 'vitest';
import { parseSealingKeyFile, sealingKeyFileText } from '../../../../server/sealing/key-file.ts';
import {
  expectKeks,
  type KeepKey,
  KeyNotInFileError,
  KeyRing,
  type WrappedKey,
} from '../../../../server/sealing/key-ring.ts';

const STORE_ID = Buffer.alloc(16, 1);
const keyFile = (...fills: number[]) =>
  parseSealingKeyFile(fills.map((fill) => sealingKeyFileText(Buffer.alloc(32, fill))).join(''));
const [FIRST] = keyFile(1);
const [SECOND] = keyFile(2);

let rows: WrappedKey[];
let keep: KeepKey;

beforeEach(() => {
  rows = [];
  keep = (purpose, kekId, wrap) => {
    const id = rows.length + 1;
    rows.push({ id, purpose, kekId, wrapped: wrap(id) });
    return id;
  };
});

function newStore(...fills: number[]): KeyRing {
  const ring = new KeyRing(STORE_ID, keyFile(...fills));
  ring.createLookupKey(keep);
  return ring;
}

function loaded(...fills: number[]): KeyRing {
  const ring = new KeyRing(STORE_ID, keyFile(...fills));
  ring.load(rows);
  return ring;
}

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
