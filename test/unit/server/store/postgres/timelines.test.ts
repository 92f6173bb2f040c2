// Which timelines a server may go on with, by what it has shown of the store and what lies there.
import { expect, test } from 'vitest';
import {
  isAhead,
  Memory,
  type NotedTimeline,
  notedLast,
  notedTimelines,
  type Seen,
  timelineId,
  verdictOn,
} from '../../../../../server/store/postgres/timelines.ts';

const at = (number: number, system = 'a'): string =>
  timelineId(system, number.toString(16).padStart(8, '0').toUpperCase());
/** As it is noted; what was noted once has the same mark ever after. */
const noted = (number: number, mark = `mark ${number}`) => ({ id: at(number), mark });

/** A store at revision 100 that went over to timeline 2 at 40 and to timeline 3 at 60. */
const found = {
  revision: 100,
  timelines: [
    { ...noted(1), since: 0 },
    { ...noted(2), since: 40 },
    { ...noted(3), since: 60 },
  ],
};
const seenOn = (timeline: NotedTimeline, revision: number): Seen => ({ timeline, revision });

test.each([
  ['nothing was shown here', at(3), undefined, 'same'],
  ['all is there that was shown', at(3), seenOn(noted(3), 100), 'same'],
  ['it has gone back on the same timeline', at(3), seenOn(noted(3), 101), 'broken'],
  ['another has noted the timeline, and nothing was lost', at(3), seenOn(noted(2), 60), 'same'],
  ['another has noted it, and went past what is lost', at(3), seenOn(noted(2), 61), 'broken'],
  ['nothing is lost over two timelines', at(3), seenOn(noted(1), 40), 'same'],
  ['the first of two has lost something', at(3), seenOn(noted(1), 41), 'broken'],
  ['what was shown was on a timeline that nobody noted', at(3), seenOn(noted(9), 1), 'broken'],
  ['nobody has noted the timeline, and nothing is lost', at(4), seenOn(noted(3), 100), 'next'],
  ['nobody has noted the timeline, and something is lost', at(4), seenOn(noted(3), 101), 'broken'],
  ['nobody has noted it, nor is anybody left who could tell', at(4), undefined, 'broken'],
  ['another standby became the same timeline', at(3), seenOn(noted(3, 'other'), 80), 'broken'],
  ['another one did, before the last', at(3), seenOn(noted(2, 'other'), 50), 'broken'],
  ['another one did, and nobody noted it', at(4), seenOn(noted(3, 'other'), 80), 'broken'],
  ['it is one of before', at(2), seenOn(noted(3), 100), 'broken'],
  ['it is that of another Postgres', at(4, 'b'), seenOn(noted(3), 100), 'broken'],
  ['a Postgres does not tell', '', seenOn(noted(3), 100), 'broken'],
])('%s', (_, timeline, seen, verdict) => {
  expect(verdictOn(found, { timeline, isSynchronous: true }, seen)).toBe(verdict);
});

test('where commits wait for no standby, a new timeline may lack what somebody has seen', () => {
  const seen = seenOn(noted(3), 100);
  expect(verdictOn(found, { timeline: at(4), isSynchronous: false }, seen)).toBe('broken');
  expect(verdictOn(found, { timeline: at(3), isSynchronous: false }, seen)).toBe('same');
});

test('a Postgres that never tells is known by its revisions alone', () => {
  const none = { id: '', mark: 'mark' };
  const silent = { revision: 5, timelines: [{ ...none, since: 0 }] };
  const met = { timeline: '', isSynchronous: false };
  expect(verdictOn(silent, met, undefined)).toBe('same');
  expect(verdictOn(silent, met, seenOn(none, 5))).toBe('same');
  expect(verdictOn(silent, met, seenOn(none, 6))).toBe('broken');
});

test.each([
  [at(2), at(1), true],
  [at(1), at(1), false],
  [at(1), at(2), false],
  [at(16), at(15), true],
  [at(2, 'b'), at(1), false],
  [at(1), '', false],
  ['', at(1), false],
  ['', '', false],
])('whether %s is ahead of %s', (id, other, isSo) => {
  expect(isAhead(id, other)).toBe(isSo);
});

test('a timeline is noted after those of before, a break without them', () => {
  const next = { ...noted(4), since: 100 };
  expect(notedTimelines(found, noted(4), 'next')).toEqual([...found.timelines, next]);
  expect(notedTimelines(found, noted(4), 'broken')).toEqual([next]);
});

test('the last one is what a server goes on with', () => {
  expect(notedLast(found)).toMatchObject(noted(3));
  expect(notedLast({ timelines: [] })).toEqual({ id: '', mark: '' });
});

test('the oldest are forgotten, and who has seen nothing since may not go on', () => {
  let timelines = found.timelines;
  for (let number = 4; number <= 30; number += 1) {
    timelines = [...notedTimelines({ revision: 100, timelines }, noted(number), 'next')];
  }
  expect(timelines).toHaveLength(16);
  const met = { timeline: at(30), isSynchronous: true };
  expect(verdictOn({ revision: 100, timelines }, met, seenOn(noted(14), 1))).toBe('broken');
  expect(verdictOn({ revision: 100, timelines }, met, seenOn(noted(15), 100))).toBe('same');
});

test('the highest revision is remembered, also over a timeline', () => {
  const memory = new Memory(noted(1));
  expect(memory.seen).toEqual(seenOn(noted(1), 0));
  for (const revision of [3, 7, 5]) memory.saw(revision);
  expect(memory.seen).toEqual(seenOn(noted(1), 7));
  memory.follow(noted(2));
  expect(memory.seen).toEqual(seenOn(noted(2), 7));
});
