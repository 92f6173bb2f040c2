// Entries under another data key: the same to who reads them, as long as before, and nothing that
// is damaged becomes whole. The format itself is tested in `seal.test.ts`.
import { beforeEach, expect, test } from 'vitest';
import { textType } from '../../../../server/sealing/content.ts';
import { parseSealingKeyFile, sealingKeyFileText } from '../../../../server/sealing/key-file.ts';
import { type DataKey, type KeepKey, KeyRing } from '../../../../server/sealing/key-ring.ts';
import { fieldAssociatedData, SealBrokenError, seal } from '../../../../server/sealing/seal.ts';
import { type SealedEntry, Sealer } from '../../../../server/sealing/sealer.ts';

const STORE_ID = Buffer.alloc(16, 7);
const ENDS_MS = 1_900_000_000_000;
const keys = (fill: number) => parseSealingKeyFile(sealingKeyFileText(Buffer.alloc(32, fill)));

let nextId = 0;
const keep: KeepKey = (_purpose, _kekId, wrap) => {
  nextId += 1;
  wrap(nextId);
  return nextId;
};

let sealer: Sealer;
let old: DataKey;
let next: DataKey;

beforeEach(() => {
  const ring = new KeyRing(STORE_ID, keys(1));
  ring.createLookupKey(keep);
  sealer = new Sealer(STORE_ID, ring);
  old = sealer.keyForEntries(1, keep);
  ring.useKeks([...keys(2), ...keys(1)]);
  next = sealer.keyForEntries(1, keep);
});

function entry(value = 'the value', expiresAtMs: number | null = null): SealedEntry {
  const plain = { database: 3, key: 'näme', value: Buffer.from(value), expiresAtMs };
  const lookup = sealer.lookup(3, 'näme');
  return sealer.sealEntry({ ...plain, lookup, contentType: 'image/png' }, old);
}

test('name, value and media type are the same under the new key', () => {
  const resealed = sealer.reseal(entry(), next);
  expect(next.id).not.toBe(old.id);
  expect(resealed.dataKeyId).toBe(next.id);
  expect(sealer.openName(resealed, resealed.name)).toBe('näme');
  expect(sealer.openValue(resealed, resealed.value)).toEqual({
    value: Buffer.from('the value'),
    contentType: 'image/png',
  });
});

test('what was sealed is as long as before, and shares no byte run with it', () => {
  const before = entry();
  const after = sealer.reseal(before, next);
  for (const field of ['name', 'value'] as const) {
    expect(after[field].byteLength).toBe(before[field].byteLength);
    expect(Buffer.from(after[field]).subarray(1)).not.toEqual(
      Buffer.from(before[field]).subarray(1),
    );
  }
});

test('without the old key it opens, without the new one it does not', () => {
  const resealed = sealer.reseal(entry(), next);
  const under = (dataKeyId: number) => () =>
    sealer.openName({ ...resealed, dataKeyId }, resealed.name);
  expect(under(next.id)()).toBe('näme');
  expect(under(old.id)).toThrow(SealBrokenError);
});

test('the end of an entry stays bound to it', () => {
  const resealed = sealer.reseal(entry('v', ENDS_MS), next);
  expect(sealer.openName(resealed, resealed.name)).toBe('näme');
  const forever = { ...resealed, expiresAtMs: null };
  expect(() => sealer.openName(forever, resealed.name)).toThrow(SealBrokenError);
});

test('of a removed entry the name is sealed anew, and no value comes into being', () => {
  const resealed = sealer.reseal({ ...entry(), value: Buffer.alloc(0) }, next);
  expect(resealed.value).toHaveLength(0);
  expect(sealer.openName(resealed, resealed.name)).toBe('näme');
});

test('an empty value is no removed one', () => {
  const resealed = sealer.reseal(entry(''), next);
  expect(sealer.openValue(resealed, resealed.value).value).toHaveLength(0);
});

test('a value of the first format stays in it', () => {
  const { value: _, ...before } = entry();
  const place = { ...before, storeId: STORE_ID };
  const value = seal(
    old.key,
    Buffer.from('as it was'),
    fieldAssociatedData(place, 'value'),
    Buffer.alloc(12),
  );
  const resealed = sealer.reseal({ ...before, value }, next);
  expect(resealed.value[0]).toBe(1);
  expect(resealed.value).toHaveLength(value.length);
  expect(sealer.openValue(resealed, resealed.value)).toEqual({
    value: Buffer.from('as it was'),
    contentType: textType,
  });
});

const flipped = (bytes: Uint8Array, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
};

test.each(['name', 'value'] as const)('a damaged %s is not sealed anew', (field) => {
  const whole = entry();
  for (const at of [0, 1, 20, whole[field].byteLength - 1]) {
    const damaged = { ...whole, [field]: flipped(whole[field], at) };
    expect(() => sealer.reseal(damaged, next), `byte ${at}`).toThrow(SealBrokenError);
  }
});

test('an entry under a key that is gone is damaged', () => {
  expect(() => sealer.reseal({ ...entry(), dataKeyId: 999 }, next)).toThrow(SealBrokenError);
});

test('what else an entry has goes through as it is', () => {
  const resealed = sealer.reseal({ ...entry(), revision: 12 }, next);
  expect(resealed.revision).toBe(12);
});
