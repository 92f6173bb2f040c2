// /kv as its clients know it: read, store, delete, conditions and bounds.
// Bodies that do not fit are in `http-body.test.ts`, errors of all kinds in `http-errors.test.ts`.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openApp } from './support/open-app.ts';

const SINCE = 'Sat, 29 Oct 1994 19:43:31 GMT';
const SUCCESS = { status: 'success' };

test('what is stored can be read and deleted', async () => {
  const { kv } = await openApp();
  const put = await kv('PUT', { database: 1, key: 'greeting', value: 'hello' });
  expect([put.statusCode, put.json()]).toEqual([200, SUCCESS]);
  const read = await kv('POST', { database: 1, key: 'greeting' });
  expect([read.statusCode, read.json()]).toEqual([200, { value: 'hello' }]);
  const removed = await kv('DELETE', { database: 1, key: 'greeting' });
  expect([removed.statusCode, removed.json()]).toEqual([200, SUCCESS]);
  expect((await kv('POST', { database: 1, key: 'greeting' })).statusCode).toBe(404);
});

test('a key that is not there is 404 with its code', async () => {
  const { kv } = await openApp();
  const reply = await kv('POST', { key: 'missing' });
  expect(reply.statusCode).toBe(404);
  expect(reply.json()).toMatchObject({ status: 404, code: 'DKV_KEY_NOT_FOUND' });
});

test('deleting what is not there succeeds', async () => {
  const { kv } = await openApp();
  const reply = await kv('DELETE', { key: 'missing' });
  expect([reply.statusCode, reply.json()]).toEqual([200, SUCCESS]);
});

test('putting again replaces the value', async () => {
  const { kv } = await openApp();
  await kv('PUT', { key: 'k', value: 'first' });
  expect((await kv('PUT', { key: 'k', value: 'second' })).statusCode).toBe(200);
  expect((await kv('POST', { key: 'k' })).json()).toEqual({ value: 'second' });
});

test('without a database it is number 0', async () => {
  const { kv } = await openApp();
  await kv('PUT', { key: 'k', value: 'v' });
  expect((await kv('POST', { database: 0, key: 'k' })).json()).toEqual({ value: 'v' });
  expect((await kv('POST', { database: 1, key: 'k' })).statusCode).toBe(404);
});

test('the highest database is 2^31 - 1', async () => {
  const { kv } = await openApp();
  const database = 2 ** 31 - 1;
  expect((await kv('PUT', { database, key: 'k', value: 'v' })).statusCode).toBe(200);
  expect((await kv('POST', { database, key: 'k' })).json()).toEqual({ value: 'v' });
});

test('If-None-Match: * stores a new key and leaves an existing one alone', async () => {
  const { kv } = await openApp();
  const headers = { 'if-none-match': '*' };
  expect((await kv('PUT', { key: 'k', value: 'first' }, headers)).statusCode).toBe(200);
  const second = await kv('PUT', { key: 'k', value: 'second' }, headers);
  expect(second.statusCode).toBe(412);
  expect(second.json()).toMatchObject({ code: 'DKV_KEY_EXISTS' });
  expect((await kv('POST', { key: 'k' })).json()).toEqual({ value: 'first' });
});

test.each([
  ['PUT', { 'if-none-match': '"etag"' }],
  ['PUT', { 'if-none-match': '*, "etag"' }],
  ['PUT', { 'if-match': '*' }],
  ['PUT', { 'if-match': '"etag"' }],
  ['PUT', { 'if-none-match': '' }],
  ['PUT', { 'if-none-match': '*', 'if-match': '"etag"' }],
  ['PUT', { 'if-unmodified-since': SINCE }],
  ['PUT', { 'if-none-match': '*', 'if-unmodified-since': SINCE }],
  ['DELETE', { 'if-none-match': '*' }],
  ['DELETE', { 'if-match': '"etag"' }],
  ['DELETE', { 'if-unmodified-since': SINCE }],
  ['POST', { 'if-match': '*' }],
  ['POST', { 'if-none-match': '*' }],
  ['POST', { 'if-none-match': '"etag"' }],
  ['POST', { 'if-unmodified-since': SINCE }],
] as const)('%s with %j is refused and changes nothing', async (method, headers) => {
  const { kv } = await openApp();
  await kv('PUT', { key: 'k', value: 'kept' });
  const body = method === 'PUT' ? { key: 'k', value: 'changed' } : { key: 'k' };
  const reply = await kv(method, body, headers);
  expect(reply.statusCode).toBe(400);
  expect(reply.json()).toMatchObject({ code: 'DKV_PRECONDITION_UNSUPPORTED' });
  expect((await kv('POST', { key: 'k' })).json()).toEqual({ value: 'kept' });
});

test('If-Modified-Since and If-Range mean nothing to a write, as HTTP has it', async () => {
  const { kv } = await openApp();
  const headers = { 'if-modified-since': SINCE, 'if-range': '"etag"' };
  expect((await kv('PUT', { key: 'k', value: 'v' }, headers)).statusCode).toBe(200);
  expect((await kv('DELETE', { key: 'k' }, headers)).statusCode).toBe(200);
});

test('a condition is looked at only where the rest is right', async () => {
  const { kv } = await openApp();
  expect((await kv('PUT', { key: 'k' }, { 'if-match': '*' })).statusCode).toBe(422);
});

test.each([
  ['ASCII', 'k'.repeat(limits.keyBytesMax)],
  ['four bytes a character', '🔑'.repeat(limits.keyBytesMax / 4)],
])('the longest key in %s is taken, and one byte more is not', async (_, key) => {
  const { kv } = await openApp();
  expect((await kv('PUT', { key, value: 'v' })).statusCode).toBe(200);
  expect((await kv('POST', { key })).json()).toEqual({ value: 'v' });
  for (const method of ['POST', 'DELETE'] as const) {
    const reply = await kv(method, { key: `${key}x` });
    expect(reply.statusCode).toBe(422);
    expect(reply.json().detail).toMatch(/key has 1025 bytes of UTF-8, and 1024 are the most/);
  }
});

test.each([
  ['ASCII', 'v'.repeat(limits.valueBytesMax)],
  ['three bytes a character', `v${'€'.repeat(Math.floor(limits.valueBytesMax / 3))}`],
])('the longest value in %s is taken, and one byte more is not', async (_, value) => {
  const { kv } = await openApp();
  expect(Buffer.byteLength(value)).toBe(limits.valueBytesMax);
  expect((await kv('PUT', { key: 'k', value })).statusCode).toBe(200);
  expect((await kv('POST', { key: 'k' })).json()).toEqual({ value });
  const reply = await kv('PUT', { key: 'k', value: `${value}x` });
  expect(reply.statusCode).toBe(413);
  expect(reply.json()).toMatchObject({ code: 'DKV_VALUE_TOO_LARGE' });
  expect(reply.json().detail).toContain('1048577 bytes');
});

test('the longest value is taken however it is escaped', async () => {
  const { kv } = await openApp();
  const body = `{"key":"k","value":"${'\\u0000'.repeat(limits.valueBytesMax)}"}`;
  expect((await kv('PUT', body)).statusCode).toBe(200);
  const { value } = (await kv('POST', { key: 'k' })).json();
  expect(value === '\0'.repeat(limits.valueBytesMax)).toBe(true);
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\0', '\uFEFF', '"', '\\', '\u2028', '__proto__', 'constructor', '{"a":1}'),
);

test('any key and any value come back as they went in', async () => {
  const { kv } = await openApp();
  const keys = text.filter((key) => key !== '');
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 9 }), keys, text, async (database, key, value) => {
      expect((await kv('PUT', { database, key, value })).statusCode).toBe(200);
      expect((await kv('POST', { database, key })).json()).toEqual({ value });
      expect((await kv('DELETE', { database, key })).statusCode).toBe(200);
      expect((await kv('POST', { database, key })).statusCode).toBe(404);
    }),
    { numRuns: 60 },
  );
});
