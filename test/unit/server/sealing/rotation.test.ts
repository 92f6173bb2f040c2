// What a rotation has to do, by the rows that a store holds: which keys, which entries in a step,
// and which keys may be forgotten at the end. How SQLite does it is tested in test/server/.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  keyPlan,
  type PassRow,
  ResealPass,
  type StoredKey,
  sealingVitals,
} from '../../../../server/sealing/rotation.ts';

const [OLD, NEW] = ['0'.repeat(32), '1'.repeat(32)];
const BOUNDS = { rows: 3, bytes: 100 };

const key = (id: number, kekId: string, madeUnder: string, purpose = 'data'): StoredKey =>
  ({ id, purpose, kekId, madeUnder, wrapped: Buffer.alloc(61) }) as StoredKey;

const row = (place: number, dataKeyId: number, storedBytes = 1): PassRow<number> => ({
  place,
  dataKeyId,
  storedBytes,
});

test('a store whose keys are all of the first key has nothing to do', () => {
  const plan = keyPlan([key(1, NEW, NEW, 'lookup'), key(2, NEW, NEW)], NEW);
  expect(plan).toEqual({ toWrap: [], outdatedIds: new Set() });
});

test('keys that another one wraps are to be wrapped, the lookup key among them', () => {
  const keys = [key(1, OLD, OLD, 'lookup'), key(2, OLD, OLD), key(3, NEW, NEW)];
  expect(keyPlan(keys, NEW).toWrap.map(({ id }) => id)).toEqual([1, 2]);
});

test('a data key is outdated by where it comes from, not by what wraps it', () => {
  const keys = [key(1, NEW, OLD), key(2, OLD, NEW), key(3, NEW, NEW)];
  expect(keyPlan(keys, NEW).outdatedIds).toEqual(new Set([1]));
});

test('the lookup key is never outdated: without it nothing would be found', () => {
  expect(keyPlan([key(1, OLD, OLD, 'lookup')], NEW).outdatedIds).toEqual(new Set());
});

test('a walk over nothing outdated has nothing to do', () => {
  expect(new ResealPass(new Set()).hasNothingToDo).toBe(true);
  expect(new ResealPass(new Set([1])).hasNothingToDo).toBe(false);
});

test('a step gets past rows that need nothing, and takes those that do', () => {
  const rows = [row(1, 9), row(2, 1), row(3, 9), row(4, 1)];
  const step = new ResealPass(new Set([1])).stepOf(rows, BOUNDS);
  expect(step.rows).toEqual(rows);
  expect(step.outdated).toEqual([rows[1], rows[3]]);
});

test('a step ends before the first row that would be too many', () => {
  const rows = [1, 2, 3, 4, 5].map((place) => row(place, 1));
  const step = new ResealPass(new Set([1])).stepOf(rows, BOUNDS);
  expect(step.outdated).toEqual(rows.slice(0, 3));
  expect(step.rows).toEqual(rows.slice(0, 3));
});

test('a step ends before the first row that would be too much', () => {
  const rows = [row(1, 1, 60), row(2, 9, 500), row(3, 1, 41), row(4, 1, 1)];
  const step = new ResealPass(new Set([1])).stepOf(rows, BOUNDS);
  expect(step.rows).toEqual(rows.slice(0, 2));
});

test('a row that is too much by itself is a step by itself', () => {
  const rows = [row(1, 1, 5_000), row(2, 1, 1)];
  const step = new ResealPass(new Set([1])).stepOf(rows, BOUNDS);
  expect(step.outdated).toEqual([rows[0]]);
  expect(step.rows).toEqual([rows[0]]);
});

test('what was done moves the walk on; what was not stays to be done', () => {
  const pass = new ResealPass<number>(new Set([1]));
  const rows = [1, 2, 3, 4].map((place) => row(place, 1));
  pass.stepOf(rows, BOUNDS);
  expect(pass.after).toBeUndefined();
  pass.done(pass.stepOf(rows, BOUNDS), []);
  expect(pass).toMatchObject({ after: 3, seen: 3, damaged: 0 });
});

test('a key that damaged entries are under stays, all others of before go', () => {
  const pass = new ResealPass<number>(new Set([1, 2, 3]));
  const rows = [row(1, 1), row(2, 2), row(3, 2)];
  pass.done(pass.stepOf(rows, BOUNDS), rows.slice(1, 2));
  expect(pass.damaged).toBe(1);
  expect(pass.unusedIds()).toEqual([1, 3]);
  expect(pass.usedIds()).toEqual([2]);
});

const rowsArbitrary = fc
  .array(fc.record({ dataKeyId: fc.integer({ min: 1, max: 5 }), storedBytes: fc.nat(120) }))
  .map((rows) => rows.map((one, at) => ({ ...one, place: at + 1 })));

test('a walk sees each row once, seals each outdated one once, and keeps its bounds', () => {
  const outdatedIds = new Set([1, 2, 3]);
  const bounds = fc.record({
    rows: fc.integer({ min: 1, max: 5 }),
    bytes: fc.integer({ min: 1, max: 200 }),
  });
  const ahead = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(rowsArbitrary, bounds, ahead, fc.nat(), (rows, limit, lookAhead, broken) => {
      const pass = new ResealPass<number>(outdatedIds);
      const sealed: number[] = [];
      for (;;) {
        const next = rows.filter(({ place }) => place > (pass.after ?? 0)).slice(0, lookAhead);
        if (next.length === 0) break;
        const step = pass.stepOf(next, limit);
        const bytes = step.outdated.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
        expect(step.outdated.length).toBeLessThanOrEqual(limit.rows);
        if (step.outdated.length > 1) expect(bytes).toBeLessThanOrEqual(limit.bytes);
        expect(step.rows.length).toBeGreaterThan(0);
        sealed.push(...step.outdated.map(({ place }) => place));
        pass.done(
          step,
          step.outdated.filter(({ place }) => place === broken),
        );
      }
      const outdated = rows.filter(({ dataKeyId }) => outdatedIds.has(dataKeyId));
      expect(sealed).toEqual(outdated.map(({ place }) => place));
      expect(pass.seen).toBe(rows.length);
      const kept = outdated.find(({ place }) => place === broken)?.dataKeyId;
      expect(pass.unusedIds()).toEqual([1, 2, 3].filter((id) => id !== kept));
    }),
  );
});

const NOTHING_DONE = { seen: 0, damaged: 0, isOver: false };
const ROTATING = [key(1, NEW, OLD, 'lookup'), key(2, OLD, OLD), key(3, NEW, NEW)];

test('what is left is told by the keys, and by how far the walk has come', () => {
  expect(sealingVitals(ROTATING, NEW, 100, { seen: 40, damaged: 2, isOver: false })).toEqual({
    currentKeys: 2,
    otherKeys: 1,
    pendingEntries: 60,
    damagedEntries: 2,
  });
});

test('before the walk has begun, every row may be pending', () => {
  expect(sealingVitals(ROTATING, NEW, 100, NOTHING_DONE).pendingEntries).toBe(100);
});

test('with no outdated key nothing is pending, whatever has been looked at', () => {
  const keys = [key(1, NEW, NEW, 'lookup'), key(2, NEW, NEW)];
  expect(sealingVitals(keys, NEW, 100, NOTHING_DONE)).toMatchObject({
    otherKeys: 0,
    pendingEntries: 0,
  });
});

test('after the walk only what is damaged is left', () => {
  const over = { seen: 100, damaged: 3, isOver: true };
  expect(sealingVitals(ROTATING, NEW, 100, over)).toMatchObject({
    pendingEntries: 0,
    damagedEntries: 3,
  });
});

test('rows that went since they were seen make no number below zero', () => {
  const progress = { seen: 40, damaged: 0, isOver: false };
  expect(sealingVitals(ROTATING, NEW, 10, progress).pendingEntries).toBe(0);
});
