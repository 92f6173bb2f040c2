// Entries in and out of their seals: what is kept tells nothing, and opens only as what it was.
// The format itself is tested in `seal.test.ts`.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textType } from '../../../../server/sealing/content.ts';
import { parseSealingKeyFile, sealingKeyFileText } from '../../../../server/sealing/key-file.ts';
import { type KeepKey, KeyRing, type WrappedKey } from '../../../../server/sealing/key-ring.ts';
import { nonceBytes, SealBrokenError } from '../../../../server/sealing/seal.ts';
import { type PlainEntry, Sealer } from '../../../../server/sealing/sealer.ts';

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

const plain = (sealer: Sealer, database: number, key: string, value: Uint8Array): PlainEntry => ({
  ...{ database, key, value, contentType: textType, expiresAtMs: null },
  lookup: sealer.lookup(database, key),
});

const sealed = (sealer: Sealer, database: number, name: string, value: Uint8Array) =>
  sealer.sealEntry(plain(sealer, database, name, value), sealer.keyForEntries(1, keep));

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

test('name and value open to what was sealed', () => {
  const sealer = newSealer();
  const entry = sealed(sealer, 3, 'näme', bytes('the value'));
  expect(sealer.openName(entry, entry.name)).toBe('näme');
  expect(sealer.openValue(entry, entry.value).value).toEqual(bytes('the value'));
});

test('an entry is found by the lookup of its database and name', () => {
  const sealer = newSealer();
  const entry = sealed(sealer, 3, 'k', bytes('v'));
  expect(entry.lookup).toEqual(sealer.lookup(3, 'k'));
  expect(entry.lookup).not.toEqual(sealer.lookup(4, 'k'));
});

test('stores look up the same key in different places', () => {
  expect(newSealer().lookup(0, 'k')).not.toEqual(newSealer().lookup(0, 'k'));
});

test('the same value sealed twice looks different', () => {
  const sealer = newSealer();
  const [a, b] = [1, 2].map(() => sealed(sealer, 0, 'k', bytes('same')));
  expect(a?.value).not.toEqual(b?.value);
  expect(a?.name).not.toEqual(b?.name);
});

test('no nonce is used twice: not for name and value, not for another write', () => {
  const sealer = newSealer();
  const entries = Array.from({ length: 50 }, () => sealed(sealer, 0, 'k', bytes('v')));
  const nonces = entries.flatMap(({ name, value }) =>
    [name, value].map((sealed) => Buffer.from(sealed.subarray(1, 1 + nonceBytes)).toString('hex')),
  );
  expect(new Set(entries.map(({ dataKeyId }) => dataKeyId)).size).toBe(1);
  expect(new Set(nonces).size).toBe(100);
});

test('what is kept holds neither the name nor the value', () => {
  const sealer = newSealer();
  const { name, value, lookup } = sealed(sealer, 0, 'plain-name', bytes('plain-value'));
  const kept = Buffer.concat([name, value, lookup]);
  expect(kept.includes('plain-name')).toBe(false);
  expect(kept.includes('plain-value')).toBe(false);
});

test('a name does not open as a value, nor a value of another entry', () => {
  const sealer = newSealer();
  const a = sealed(sealer, 0, 'a', bytes('value of a'));
  const b = sealed(sealer, 0, 'b', bytes('value of b'));
  expect(() => sealer.openValue(a, a.name)).toThrow(SealBrokenError);
  expect(() => sealer.openValue(a, b.value)).toThrow(SealBrokenError);
});

test('an entry whose data key is gone is broken, not a crash', () => {
  const sealer = newSealer();
  const entry = sealed(sealer, 0, 'k', bytes('v'));
  const orphan = { ...entry, dataKeyId: 12_345 };
  expect(() => sealer.openValue(orphan, entry.value)).toThrow(/no data key 12345/);
});

test('any name and value survive', () => {
  const sealer = newSealer();
  const name = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 - 1 }), name, fc.uint8Array(), (database, text, value) => {
      const entry = sealed(sealer, database, text, value);
      expect(sealer.openName(entry, entry.name)).toBe(text);
      expect([...sealer.openValue(entry, entry.value).value]).toEqual([...value]);
    }),
  );
});

test('a sealer opens what another one sealed, once it has met the key', () => {
  const storeId = Buffer.alloc(16, 1);
  const keys = parseSealingKeyFile(sealingKeyFileText(Buffer.alloc(32, 5)));
  const rows: WrappedKey[] = [];
  const keepRow: KeepKey = (purpose, kekId, wrap) => {
    const id = rows.length + 1;
    rows.push({ id, purpose, kekId, wrapped: wrap(id) });
    return id;
  };
  const writing = new KeyRing(storeId, keys);
  writing.createLookupKey(keepRow);
  const reading = new KeyRing(storeId, keys);
  reading.load(rows);
  const [writer, reader] = [new Sealer(storeId, writing), new Sealer(storeId, reading)];
  const entry = writer.sealEntry(
    plain(writer, 0, 'k', bytes('v')),
    writer.keyForEntries(1, keepRow),
  );
  expect(() => reader.openValue(entry, entry.value)).toThrow(SealBrokenError);
  let looks = 0;
  const readRows = () => {
    looks += 1;
    return rows;
  };
  for (let i = 0; i < 3; i += 1) reader.meetKey(entry.dataKeyId, readRows);
  expect(looks).toBe(1);
  expect(reader.openValue(entry, entry.value).value).toEqual(bytes('v'));
});

test('a media type is sealed with its value, and opens with it', () => {
  const sealer = newSealer();
  const entry = { ...plain(sealer, 0, 'k', bytes('{}')), contentType: 'application/json' };
  const { name, value, ...place } = sealer.sealEntry(entry, sealer.keyForEntries(1, keep));
  expect(sealer.openValue(place, value)).toEqual({
    value: bytes('{}'),
    contentType: 'application/json',
  });
  expect(Buffer.from(value).includes('json')).toBe(false);
  expect(sealer.openName(place, name)).toBe('k');
});

test('an entry opens with the time of its end alone', () => {
  const sealer = newSealer();
  const entry = { ...plain(sealer, 0, 'k', bytes('v')), expiresAtMs: 1_000 };
  const kept = sealer.sealEntry(entry, sealer.keyForEntries(1, keep));
  expect(sealer.openValue(kept, kept.value).value).toEqual(bytes('v'));
  for (const expiresAtMs of [null, 1_001]) {
    expect(() => sealer.openValue({ ...kept, expiresAtMs }, kept.value)).toThrow(SealBrokenError);
  }
});
