// What a reply says of an operation, in the words of the register.
import { expect, test } from 'vitest';
import { outcomeOf, type Wanted } from './entry-client.ts';

const seen = { value: 'old', version: '"1-7"' };
const put: Wanted = { kind: 'put', value: 'v' };
const putIfSeen: Wanted = { ...put, condition: seen };
const putIfNone: Wanted = { ...put, condition: 'none' };
const remove: Wanted = { kind: 'remove' };
const removeIfSeen: Wanted = { ...remove, condition: seen };
const get: Wanted = { kind: 'get' };

const etag = '"1-8"';
const reply = (status: number, text = '') => ({ status, text, etag });

test.each([
  [get, reply(200, 'v'), { kind: 'get', found: 'v' }],
  [get, reply(404), { kind: 'get', found: null }],
  [put, reply(201), { kind: 'put', value: 'v', expected: undefined, outcome: 'created' }],
  [put, reply(204), { kind: 'put', value: 'v', expected: undefined, outcome: 'replaced' }],
  [putIfSeen, reply(204), { kind: 'put', value: 'v', expected: 'old', outcome: 'replaced' }],
  [putIfSeen, reply(412), { kind: 'put', value: 'v', expected: 'old', outcome: 'refused' }],
  [putIfNone, reply(412), { kind: 'put', value: 'v', expected: null, outcome: 'refused' }],
  [remove, reply(204), { kind: 'remove', expected: undefined, outcome: 'done' }],
  [removeIfSeen, reply(412), { kind: 'remove', expected: 'old', outcome: 'refused' }],
])('%j and %j: known', (wanted, given, action) => {
  expect(outcomeOf(wanted, given)).toMatchObject({ action, isUncertain: false });
});

test('what was read or stored is seen with its version, a refusal shows nothing', () => {
  const now = { value: 'v', version: etag };
  expect(outcomeOf(get, reply(200, 'v')).seen).toEqual(now);
  expect(outcomeOf(put, reply(204)).seen).toEqual(now);
  expect(outcomeOf(putIfSeen, reply(412)).seen).toBeUndefined();
  expect(outcomeOf(get, reply(404)).seen).toBeUndefined();
});

test.each([
  [put, { kind: 'put', value: 'v', expected: undefined, outcome: 'stored' }],
  [putIfNone, { kind: 'put', value: 'v', expected: null, outcome: 'stored' }],
  [removeIfSeen, { kind: 'remove', expected: 'old', outcome: 'done' }],
])('%j without an answer may have taken effect', (wanted, action) => {
  for (const status of [0, 500, 503]) {
    expect(outcomeOf(wanted, reply(status))).toMatchObject({ action, isUncertain: true });
  }
});

test('a read without an answer, and a refusal that wrote nothing, say nothing', () => {
  const refused = ['DKV_STORE_FULL', 'DKV_STORE_UNAVAILABLE', 'DKV_SERVER_BUSY'].map((code) =>
    outcomeOf(put, reply(503, JSON.stringify({ code }))),
  );
  for (const outcome of [outcomeOf(get, reply(0)), ...refused]) {
    expect(outcome).toEqual({ action: undefined, isUncertain: false });
  }
});

test('a reply that can never be right is an error', () => {
  expect(() => outcomeOf(get, reply(412))).toThrow('get was answered with 412');
  expect(() => outcomeOf(put, reply(404, 'x'))).toThrow('put was answered with 404: x');
  const unreadable = reply(500, '{"code":"DKV_ENTRY_UNREADABLE"}');
  for (const wanted of [get, put, remove]) expect(() => outcomeOf(wanted, unreadable)).toThrow();
});
