// What an error of Postgres means: for a request, for a connection and for a start.
import pg from 'pg';
import { expect, test } from 'vitest';
import { ReplyError, StartError } from '../../../../../server/errors.ts';
import {
  isFull,
  isLost,
  isStatementError,
  mayPass,
  replyErrorOf,
  StandbyError,
  startErrorOf,
  UnsettledError,
} from '../../../../../server/store/postgres/failures.ts';

const ofState = (code: string): Error =>
  Object.assign(new pg.DatabaseError('it says so', 10, 'error'), { code });
const ofSystem = (code: string): Error => Object.assign(new Error('connect'), { code });

test.each([
  // error, the connection is lost, Postgres refused the statement itself, a start may wait
  ['a shutdown', ofState('57P01'), true, false, true],
  ['a server that starts', ofState('57P03'), true, false, true],
  ['a server that may only be read', ofState('25006'), true, false, false],
  ['a silent transaction', ofState('25P03'), true, false, false],
  ['too many connections', ofState('53300'), false, true, true],
  ['a full disk', ofState('53100'), false, true, true],
  ['a lock that is held', ofState('55P03'), false, true, true],
  ['locks that wait for each other', ofState('40P01'), false, true, true],
  ['a wrong password', ofState('28P01'), false, true, false],
  ['a missing table', ofState('42P01'), false, true, false],
  ['a refused connection', ofSystem('ECONNREFUSED'), true, false, true],
  ['an unknown name', ofSystem('ENOTFOUND'), true, false, true],
  [
    'a certificate that is not trusted',
    ofSystem('DEPTH_ZERO_SELF_SIGNED_CERT'),
    true,
    false,
    false,
  ],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), true, false, true],
  ['silence', new Error('timeout expired'), true, false, true],
  ['a standby', new StandbyError('a standby'), true, false, true],
  ['a failover that is not settled', new UnsettledError('a failover'), true, false, true],
])('%s', (_, error, lost, refused, passing) => {
  expect([isLost(error), isStatementError(error), mayPass(error)]).toEqual([
    lost,
    refused,
    passing,
  ]);
});

test('a full disk is told from other wants', () => {
  expect(isFull(ofState('53100'))).toBe(true);
  expect(isFull(ofState('53200'))).toBe(false);
  expect(isFull(ofSystem('ENOSPC'))).toBe(false);
});

test('a request hears that the store is away, or that an entry is damaged', () => {
  expect(replyErrorOf(ofState('57P01')).code).toBe('DKV_STORE_UNAVAILABLE');
  expect(replyErrorOf(ofSystem('ECONNREFUSED'))).toMatchObject({
    code: 'DKV_STORE_UNAVAILABLE',
    headers: { 'retry-after': '1' },
  });
  expect(replyErrorOf(ofState('XX001')).code).toBe('DKV_ENTRY_UNREADABLE');
  const known = new ReplyError('DKV_SERVER_BUSY');
  expect(replyErrorOf(known)).toBe(known);
  expect(isLost(known)).toBe(false);
});

test.each([
  ['28P01', 'DKV_STORE_OPEN_FAILED', /make tables in its schema/],
  ['42501', 'DKV_STORE_OPEN_FAILED', /make tables in its schema/],
  ['57P03', 'DKV_STORE_OPEN_FAILED', /Is it running/],
  ['42P07', 'DKV_STORE_FOREIGN', /left untouched/],
  ['42703', 'DKV_STORE_FOREIGN', /left untouched/],
  ['XX002', 'DKV_STORE_CORRUPT', /is damaged/],
])('a start that meets %s ends with %s', (state, code, message) => {
  const error = startErrorOf(ofState(state), 'db.example/orders') as StartError;
  expect(error).toBeInstanceOf(StartError);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.message).toContain('db.example/orders');
});

test('what a start has said already stays as it is', () => {
  const known = new StartError('DKV_STORE_TOO_NEW', 'too new');
  expect(startErrorOf(known, 'db')).toBe(known);
  expect(mayPass(known)).toBe(false);
});
