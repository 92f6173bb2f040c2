// Pages out of rows: bounds, prefixes, what has ended, what is damaged, and where the next begins.
// Rows of a real database are in the store contract.
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../server/limits.ts';
import { textType } from '../../../../server/sealing/content.ts';
import { parseSealingKeyFile, sealingKeyFileText } from '../../../../server/sealing/key-file.ts';
import { KeyRing } from '../../../../server/sealing/key-ring.ts';
import { Sealer } from '../../../../server/sealing/sealer.ts';
import { FeedPageBuilder, ScanPageBuilder } from '../../../../server/store/page-builder.ts';
import type { EntryRow } from '../../../../server/store/statements.ts';

const storeId = Buffer.alloc(16, 1);
const ring = new KeyRing(storeId, parseSealingKeyFile(sealingKeyFileText(Buffer.alloc(32, 5))));
let lastKeyId = 0;
const keep = (_purpose: string, _kekId: string, wrap: (id: number) => Uint8Array) => {
  lastKeyId += 1;
  wrap(lastKeyId);
  return lastKeyId;
};
ring.createLookupKey(keep);
const sealer = new Sealer(storeId, ring);

interface RowOptions {
  readonly revision?: number;
  readonly expiresAtMs?: number | null;
  readonly removedAtMs?: number | null;
  readonly value?: Buffer;
}

function row(
  key: string,
  { revision = 1, expiresAtMs = null, removedAtMs = null, ...more }: RowOptions = {},
): EntryRow {
  const { value = Buffer.from(`value of ${key}`) } = more;
  const lookup = sealer.lookup(0, key);
  const entry = { database: 0, key, lookup, value, contentType: textType, expiresAtMs };
  const sealed = sealer.sealEntry(entry, sealer.keyForEntries(1, keep));
  return {
    ...{ lookup, dataKeyId: sealed.dataKeyId, revision, expiresAtMs, removedAtMs },
    name: Buffer.from(sealed.name),
    value: Buffer.from(sealed.value),
  };
}

const broken = (key: string, field: 'name' | 'value', options?: RowOptions): EntryRow => {
  const whole = row(key, options);
  return { ...whole, [field]: Buffer.from(whole[field]).fill(0, 5, 8) };
};

describe('a page of entries', () => {
  const request = { database: 0, limit: 3, withValues: true };

  test('holds what it was given, up to its limit, and says where the next begins', () => {
    const page = new ScanPageBuilder(request, sealer);
    const rows = ['a', 'b', 'c'].map((key) => row(key));
    for (const one of rows) {
      expect(page.wantsMore).toBe(true);
      page.take(one, false);
    }
    expect(page.wantsMore).toBe(false);
    const { entries, next, unreadable } = page.build();
    expect(entries.map(({ key, value }) => [key, String(value)])).toEqual(
      ['a', 'b', 'c'].map((key) => [key, `value of ${key}`]),
    );
    expect(next).toEqual(rows[2]?.lookup);
    expect(unreadable).toBe(0);
  });

  test('has no next at the end', () => {
    const page = new ScanPageBuilder(request, sealer);
    page.take(row('a'), false);
    page.end();
    expect(page.wantsMore).toBe(false);
    expect(page.build()).toMatchObject({ entries: [{ key: 'a' }], next: undefined });
  });

  test('leaves out what has ended and what begins otherwise, and goes on behind it', () => {
    const page = new ScanPageBuilder({ ...request, prefix: 'user/' }, sealer);
    page.take(row('user/1'), false);
    page.take(row('user/2'), true);
    const last = row('other');
    page.take(last, false);
    const { entries, next, unreadable } = page.build();
    expect(entries.map(({ key }) => key)).toEqual(['user/1']);
    expect(next).toEqual(last.lookup);
    expect(unreadable).toBe(0);
  });

  test('counts what is damaged, of other prefixes only where the name is', () => {
    const page = new ScanPageBuilder({ ...request, prefix: 'a' }, sealer);
    page.take(broken('a1', 'name'), false);
    page.take(broken('a2', 'value'), false);
    page.take(broken('b', 'value'), false);
    expect(page.build()).toMatchObject({ entries: [], unreadable: 2 });
  });

  test('without values opens none', () => {
    const page = new ScanPageBuilder({ ...request, withValues: false }, sealer);
    page.take({ ...row('a'), value: Buffer.alloc(0) }, false);
    expect(page.build()).toMatchObject({ entries: [{ key: 'a', contentType: '' }], unreadable: 0 });
  });

  test('ends when its values are many bytes', () => {
    const page = new ScanPageBuilder(request, sealer);
    page.take(row('a', { value: Buffer.alloc(limits.scanBytesMax) }), false);
    expect(page.wantsMore).toBe(false);
  });

  test('ends after so many rows, whatever they hold', () => {
    const page = new ScanPageBuilder(request, sealer);
    const ended = row('a');
    for (let i = 0; i < limits.scanRowsMax; i += 1) page.take(ended, true);
    expect(page.wantsMore).toBe(false);
    expect(page.build().next).toEqual(ended.lookup);
  });

  test('begins where it was asked to', () => {
    const after = Buffer.alloc(32, 9);
    expect(new ScanPageBuilder({ ...request, after }, sealer).after).toEqual(after);
    expect(new ScanPageBuilder(request, sealer).after).toEqual(Buffer.alloc(0));
  });

  test('hands on a failure that is no damage', () => {
    const page = new ScanPageBuilder(request, sealer);
    expect(() => page.take({ ...row('a'), name: undefined as never }, false)).toThrow(TypeError);
  });
});

describe('a page of a feed', () => {
  const request = { database: 0, afterRevision: 0, limit: 3, withValues: true };
  const state = { revision: 20, feedFloor: 8, keys: 0, storedBytes: 0, removals: 0 };

  test('tells puts, removals and ends', () => {
    const page = new FeedPageBuilder(request, state, sealer);
    page.take(row('a', { revision: 11 }), false);
    page.take(row('b', { revision: 12, removedAtMs: 5_000 }), false);
    page.take(row('c', { revision: 13, expiresAtMs: 4_000, removedAtMs: 5_000 }), true);
    const { events, hasMore, revision } = page.build();
    expect(events).toMatchObject([
      { kind: 'put', key: 'a', revision: 11, entry: { revision: 11 } },
      { kind: 'remove', key: 'b', revision: 12 },
      { kind: 'expire', key: 'c', revision: 13 },
    ]);
    expect(hasMore).toBe(true);
    expect(revision).toBe(13);
  });

  test('that is not full has told all up to the revision of the store', () => {
    const page = new FeedPageBuilder(request, state, sealer);
    page.take(row('a', { revision: 11 }), false);
    expect(page.build()).toMatchObject({ hasMore: false, revision: 20 });
  });

  test('a removal before the end of an entry is a removal', () => {
    const page = new FeedPageBuilder(request, state, sealer);
    page.take(row('a', { revision: 11, expiresAtMs: 6_000, removedAtMs: 5_000 }), false);
    expect(page.build().events).toMatchObject([{ kind: 'remove' }]);
  });

  test('says nothing of what has ended and is still there', () => {
    const page = new FeedPageBuilder(request, state, sealer);
    page.take(row('a', { revision: 11, expiresAtMs: 6_000 }), true);
    expect(page.build()).toMatchObject({ events: [], unreadable: 0 });
  });

  test('counts what is damaged', () => {
    const page = new FeedPageBuilder(request, state, sealer);
    page.take(broken('a', 'name', { revision: 11 }), false);
    page.take(broken('b', 'value', { revision: 12 }), false);
    expect(page.build()).toMatchObject({ events: [], unreadable: 2 });
  });

  test.each([
    ['from the beginning', 0, true],
    ['from the floor', 8, true],
    ['from now', 20, true],
    ['from before the floor', 7, false],
    ['from a revision that never was', 21, false],
  ])('%s: possible %s', (_, afterRevision, isPossible) => {
    const begin = () => new FeedPageBuilder({ ...request, afterRevision }, state, sealer);
    if (isPossible) expect(begin().build().revision).toBe(20);
    else expect(begin).toThrow(expect.objectContaining({ code: 'DKV_REVISION_GONE' }));
  });
});
