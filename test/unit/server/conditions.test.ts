// Conditions: what lists of entity tags come to, for writes and for reads.
// That the store keeps them is tested in test/server/store-contract.ts.
import { expect, test } from 'vitest';
import {
  conditionOf,
  headerCondition,
  readOutcome,
  refuseConditions,
} from '../../../server/conditions.ts';
import type { ReplyError } from '../../../server/errors.ts';

const INCARNATION = '3f2a9c01-aaaa-4bbb-8ccc-0123456789ab';
const [MINE, NEXT, FOREIGN] = ['"3f2a9c01-7"', '"3f2a9c01-8"', '"00000000-7"'];

const conditionIn = (headers: Record<string, string>) => headerCondition(headers, INCARNATION);

function refusalOf(make: () => unknown): ReplyError {
  try {
    make();
  } catch (error) {
    return error as ReplyError;
  }
  throw new Error('nothing was refused');
}

test('without a header there is no condition', () => {
  expect(conditionIn({})).toBeUndefined();
});

test.each([
  ['any', '*', 'any'],
  ['one', MINE, [7]],
  ['two', `${MINE}, ${NEXT}`, [7, 8]],
  ['one of another incarnation', FOREIGN, []],
  ['one of no store', '"hello"', []],
])('%s: If-Match and If-None-Match ask for these revisions', (_, text, revisions) => {
  expect(conditionIn({ 'if-match': text })).toEqual({ match: revisions });
  expect(conditionIn({ 'if-none-match': text })).toEqual({ noneMatch: revisions });
});

test('a weak tag is one of If-None-Match alone', () => {
  expect(conditionIn({ 'if-match': `W/${MINE}` })).toEqual({ match: [] });
  expect(conditionIn({ 'if-none-match': `W/${MINE}` })).toEqual({ noneMatch: [7] });
});

test('both together are both', () => {
  const both = { ifMatch: MINE, ifNoneMatch: '*' };
  expect(conditionOf(both, INCARNATION)).toEqual({ match: [7], noneMatch: 'any' });
});

test.each(['', 'hello', '*, *'])('"%s" is refused, and the header is named', (text) => {
  for (const [name, header] of [
    ['If-Match', 'if-match'],
    ['If-None-Match', 'if-none-match'],
  ] as const) {
    const refusal = refusalOf(() => conditionIn({ [header]: text }));
    expect(refusal).toMatchObject({ code: 'DKV_HEADER_INVALID', status: 400 });
    expect(refusal.message).toContain(`${name} must be`);
  }
});

test('there is no time of modification to ask for', () => {
  const headers = { 'if-unmodified-since': 'Sat, 29 Oct 1994 19:43:31 GMT' };
  expect(refusalOf(() => conditionIn(headers)).code).toBe('DKV_PRECONDITION_UNSUPPORTED');
  expect(conditionIn({ 'if-modified-since': 'Sat, 29 Oct 1994 19:43:31 GMT' })).toBeUndefined();
});

test.each(['if-match', 'if-none-match', 'if-unmodified-since'])(
  'a call without conditions refuses %s by its name',
  (name) => {
    const refusal = refusalOf(() => refuseConditions({ [name]: '*' }));
    expect(refusal.code).toBe('DKV_PRECONDITION_UNSUPPORTED');
    expect(refusal.message).toContain(name);
  },
);

test('a call without conditions takes requests without', () => {
  expect(() => refuseConditions({ host: 'localhost' })).not.toThrow();
});

test.each([
  [{}, 'send'],
  [{ 'if-match': MINE }, 'send'],
  [{ 'if-match': '*' }, 'send'],
  [{ 'if-match': NEXT }, 'failed'],
  [{ 'if-match': FOREIGN }, 'failed'],
  [{ 'if-none-match': MINE }, 'not-modified'],
  [{ 'if-none-match': '*' }, 'not-modified'],
  [{ 'if-none-match': NEXT }, 'send'],
  [{ 'if-match': MINE, 'if-none-match': MINE }, 'not-modified'],
  [{ 'if-match': NEXT, 'if-none-match': MINE }, 'failed'],
])('a read of revision 7 with %j: %s', (headers, outcome) => {
  expect(readOutcome(conditionIn(headers), { revision: 7 })).toBe(outcome);
});
