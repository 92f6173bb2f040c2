// Counters over HTTP: what many add is all there, in 64 bits, and what is no number says so.
// The arithmetic is the store's: test/server/store-contract.ts.
import { expect, test } from 'vitest';
import { type OpenV1, openV1, problemIn } from './support/open-v1.ts';
import { waitFor } from './support/wait-for.ts';

const MAX = 2n ** 63n - 1n;

const add = ({ call }: OpenV1, body?: object, headers: Record<string, string> = {}) =>
  call('POST', '/0/counters/hits', { headers, ...(body && { body }) });

const read = ({ call }: OpenV1, headers: Record<string, string> = {}) =>
  call('GET', '/0/counters/hits', { headers });

test('a counter begins at 0 and tells what it is after each addition', async () => {
  const open = await openV1();
  const first = await add(open);
  expect(first.statusCode).toBe(200);
  expect(first.json()).toEqual({
    value: '1',
    revision: '1',
    etag: expect.stringMatching(/^"[0-9a-f]{8}-1"$/),
  });
  expect(first.headers.etag).toBe(first.json().etag);
  expect((await add(open, {})).json().value).toBe('2');
  expect((await add(open, { delta: '40' })).json().value).toBe('42');
  expect((await add(open, { delta: -50 })).json().value).toBe('-8');
  expect((await read(open)).json()).toMatchObject({ value: '-8', revision: '4' });
});

test('a counter is an entry like any other, as text', async () => {
  const open = await openV1();
  await open.entry('PUT', 'hits', { body: '41' });
  expect((await add(open)).json().value).toBe('42');
  const entry = await open.entry('GET', 'hits');
  expect([entry.body, entry.headers['content-type']]).toEqual(['42', 'text/plain; charset=utf-8']);
  expect((await open.kv('POST', { key: 'hits' })).json()).toEqual({ value: '42' });
});

test('to add 1 nothing has to be said, but null is something else', async () => {
  const open = await openV1();
  const headers = { 'content-type': 'application/json' };
  const reply = await open.call('POST', '/0/counters/hits', { headers, body: 'null' });
  expect(problemIn(reply).code).toBe('DKV_BODY_INVALID');
  expect((await read(open)).statusCode).toBe(404);
});

test('of many who add at once, nobody is lost', async () => {
  const open = await openV1();
  const replies = await Promise.all(Array.from({ length: 150 }, () => add(open)));
  const values = replies.map((reply) => Number(reply.json().value));
  expect(new Set(values).size).toBe(150);
  expect((await read(open)).json().value).toBe('150');
});

test('it keeps all of its 64 bits, and goes no further', async () => {
  const open = await openV1();
  await add(open, { delta: String(MAX - 1n) });
  expect((await add(open)).json().value).toBe(String(MAX));
  expect(problemIn(await add(open))).toEqual({ status: 409, code: 'DKV_COUNTER_OVERFLOW' });
  expect((await read(open)).json().value).toBe(String(MAX));
  await open.entry('DELETE', 'hits');
  expect((await add(open, { delta: String(-MAX - 1n) })).json().value).toBe(String(-MAX - 1n));
  expect(problemIn(await add(open, { delta: -1 })).code).toBe('DKV_COUNTER_OVERFLOW');
});

test.each(['', 'word', '01', '1.0', '9223372036854775808'])('"%s" is no counter', async (body) => {
  const open = await openV1();
  await open.entry('PUT', 'hits', { headers: { 'content-type': 'text/plain' }, body });
  for (const reply of [await add(open), await read(open)]) {
    expect(problemIn(reply)).toEqual({ status: 409, code: 'DKV_COUNTER_INVALID' });
  }
  expect((await open.entry('GET', 'hits')).body).toBe(body);
});

test.each([
  [{ delta: 'one' }, 'delta'],
  [{ delta: 0.5 }, 'delta'],
  [{ delta: '9223372036854775808' }, 'delta must be a whole number of 64 bits'],
  [{ delta: 2 ** 53 }, 'delta'],
  [{ ttlSeconds: 0 }, 'ttlSeconds'],
  [{ by: 1 }, 'by is not known here'],
])('%j does not fit: %s', async (body, detail) => {
  const open = await openV1();
  const reply = await add(open, body);
  expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_BODY_INVALID' });
  expect(reply.json().detail).toContain(detail);
  expect(problemIn(await read(open))).toEqual({ status: 404, code: 'DKV_KEY_NOT_FOUND' });
});

test.each(['null', '[]', '1', '"1"', ''])('the JSON %j is no body of an addition', async (body) => {
  const open = await openV1();
  const headers = { 'content-type': 'application/json' };
  const reply = await open.call('POST', '/0/counters/hits', { headers, body });
  expect([400, 422]).toContain(reply.statusCode);
  expect((await read(open)).statusCode).toBe(404);
});

test('a condition is kept: an addition is made once', async () => {
  const open = await openV1();
  const first = await add(open, {}, { 'if-none-match': '*' });
  const headers = { 'if-match': first.json().etag };
  expect((await add(open, {}, headers)).json().value).toBe('2');
  expect(problemIn(await add(open, {}, headers))).toEqual({
    status: 412,
    code: 'DKV_PRECONDITION_FAILED',
  });
  expect(problemIn(await add(open, {}, { 'if-match': 'x' })).code).toBe('DKV_HEADER_INVALID');
});

test('a read keeps conditions too', async () => {
  const open = await openV1();
  const { etag } = (await add(open)).json();
  expect((await read(open, { 'if-none-match': etag })).statusCode).toBe(304);
  expect((await read(open, { 'if-match': '"other"' })).statusCode).toBe(412);
});

test('a counter that ends begins again, and an addition does not put off its end', async () => {
  const open = await openV1();
  const first = (await add(open, { ttlSeconds: 0.3 })).json();
  const second = (await add(open)).json();
  expect(second.expiresAt).toBe(first.expiresAt);
  await waitFor('the end', async () => (await read(open)).statusCode === 404);
  expect((await add(open)).json()).toMatchObject({ value: '1' });
});
