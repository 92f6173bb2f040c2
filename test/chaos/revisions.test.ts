// Revisions that go back, come twice, or are not told are found.
import { expect, test } from 'vitest';
import { type Change, Revisions, Told } from './revisions.ts';

const change = (revision: number, key = 'k', value: string | undefined = 'v'): Change => ({
  ...{ key, revision, value },
});

/** Of which a feed has told, in this order. */
function told(...changes: Change[]): Told {
  const all = new Told();
  for (const one of changes) all.add(one);
  return all;
}

function acknowledged(...changes: Change[]): Revisions {
  const revisions = new Revisions();
  for (const one of changes) revisions.acknowledge(one, 0);
  return revisions;
}

test('writes that overlap may be acknowledged in any order', () => {
  const revisions = acknowledged(change(2), change(1, 'other'), change(4));
  expect(revisions.highest).toBe(4);
  expect(() => revisions.acknowledge(change(5), 4)).not.toThrow();
});

test('a write that is given no higher revision than one acknowledged before it is found', () => {
  const revisions = acknowledged(change(4));
  expect(() => revisions.acknowledge(change(3), 4)).toThrow('came after 4 was acknowledged');
  expect(() => revisions.acknowledge(change(4), 4)).toThrow('came after 4 was acknowledged');
});

test('a revision that stands for two changes is found, whoever tells of it', () => {
  for (const other of [
    change(4, 'other'),
    change(4, 'k', 'w'),
    { ...change(4), value: undefined },
  ]) {
    const revisions = acknowledged(change(4));
    expect(() => revisions.see(other)).toThrow('revision 4');
    expect(() => revisions.acknowledge(other, 0)).toThrow('was given twice');
    const seen = new Revisions();
    seen.see(change(4));
    expect(() => seen.acknowledge(other, 0)).toThrow('stands for');
  }
});

test('two removals of a key do not have one revision', () => {
  const removal = { ...change(4), value: undefined };
  expect(() => acknowledged(removal, removal)).toThrow('was given twice');
});

test('a feed that goes back or tells something twice is found', () => {
  expect(() => told(change(1), change(2), change(2))).toThrow('was told after 2');
  expect(() => told(change(3), change(2, 'other'))).toThrow('was told after 3');
  expect(told(change(1), change(5)).last).toBe(5);
});

test('what was acknowledged is told by itself or by a later change of its key', () => {
  const revisions = acknowledged(change(1), change(2, 'other'), change(3));
  expect(() => revisions.expectTold(told(change(1), change(2, 'other'), change(3)))).not.toThrow();
  expect(() => revisions.expectTold(told(change(2, 'other'), change(3)))).not.toThrow();
  expect(() => revisions.expectTold(told(change(1), change(3)))).toThrow('revision 2 of other');
  expect(() => revisions.expectTold(told(change(1), change(2, 'other')))).toThrow('revision 3');
});

test('what was never acknowledged may be told or not', () => {
  const revisions = acknowledged(change(1));
  revisions.see(change(2, 'other'));
  expect(() => revisions.expectTold(told(change(1)))).not.toThrow();
});
