// Bodies: what does not fit is refused with the field's name, before anything is done.
// The sentences themselves are tested in test/unit/server/body.test.ts.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openApp } from './support/open-app.ts';

const METHODS = ['POST', 'PUT', 'DELETE'] as const;
const JSON_TYPE = { 'content-type': 'application/json' };

const fitting = (method: string) => (method === 'PUT' ? { key: 'k', value: 'v' } : { key: 'k' });

test.each([
  ['key', { key: undefined }],
  ['key', { key: '' }],
  ['key', { key: 5 }],
  ['key', { key: null }],
  ['key', { key: ['k'] }],
  ['key', { key: 'x\uD83D' }],
  ['database', { database: -1 }],
  ['database', { database: 2 ** 31 }],
  ['database', { database: 0.5 }],
  ['database', { database: '0' }],
  ['database', { database: null }],
  ['database', { database: true }],
  ['ttl', { ttl: 10 }],
  ['constructor', { constructor: 1 }],
])('a wrong %s is 422 and named, by every method: %j', async (field, change) => {
  const { kv } = await openApp();
  for (const method of METHODS) {
    const reply = await kv(method, { ...fitting(method), ...change });
    expect(reply.statusCode, method).toBe(422);
    expect(reply.json(), method).toMatchObject({ status: 422, code: 'DKV_BODY_INVALID' });
    expect(reply.json().detail, method).toContain(`fit: ${field} `);
  }
});

test.each([
  ['no value', {}],
  ['a number', { value: 1 }],
  ['an object', { value: {} }],
  ['null', { value: null }],
  ['half a pair', { value: '\uD800' }],
])('%s as value is 422 and named', async (_, change) => {
  const { kv } = await openApp();
  const reply = await kv('PUT', { key: 'k', ...change });
  expect(reply.statusCode).toBe(422);
  expect(reply.json().detail).toMatch(/fit: value /);
  expect((await kv('POST', { key: 'k' })).statusCode).toBe(404);
});

test('a value is no part of a read or a removal', async () => {
  const { kv } = await openApp();
  for (const method of ['POST', 'DELETE'] as const) {
    const reply = await kv(method, { key: 'k', value: 'v' });
    expect(reply.statusCode).toBe(422);
    expect(reply.json().detail).toContain('value is not known here');
  }
});

test('__proto__ is a member like any other: not known here', async () => {
  const { kv } = await openApp();
  const reply = await kv('PUT', '{"key":"k","value":"v","__proto__":{"admin":true}}');
  expect(reply.statusCode).toBe(422);
  expect(reply.json().detail).toContain('__proto__ is not known here');
});

test.each([
  ['half a JSON', '{"key":'],
  ['two of them', '{"key":"k"}{"key":"k"}'],
  ['a word', 'hello'],
  ['a comment', '{"key":"k"} // mine'],
  ['single quotes', "{'key':'k'}"],
  ['an overflowing number, which JSON allows, in a wrong place', '1e400,'],
  ['a byte order mark', '\uFEFF{"key":"k"}'],
])('%s is 400', async (_, body) => {
  const { kv } = await openApp();
  const reply = await kv('POST', body);
  expect(reply.statusCode).toBe(400);
  expect(reply.json()).toMatchObject({ status: 400, code: 'DKV_BODY_NOT_JSON' });
});

test('bytes that are not UTF-8 are 400, so that no two keys become one', async () => {
  const { send } = await openApp();
  const payload = Buffer.concat([Buffer.from('{"key":"'), Buffer.of(0xff), Buffer.from('"}')]);
  const reply = await send({ method: 'POST', url: '/kv', headers: JSON_TYPE, payload });
  expect(reply.json()).toMatchObject({ status: 400, code: 'DKV_BODY_NOT_JSON' });
});

test.each(['null', '[]', '"text"', '1', 'true', '[{"key":"k"}]'])(
  'the JSON %s is 422, since it is no object',
  async (body) => {
    const { kv } = await openApp();
    const reply = await kv('POST', body);
    expect(reply.statusCode).toBe(422);
    expect(reply.json().detail).toContain('must be object');
  },
);

test('no body at all is refused', async () => {
  const { send } = await openApp();
  expect((await send({ method: 'POST', url: '/kv' })).statusCode).toBe(422);
  const empty = await send({ method: 'POST', url: '/kv', headers: JSON_TYPE, payload: '' });
  expect(empty.statusCode).toBe(400);
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/jsonp',
  'application/json\tcharset=utf-8',
  'application/json garbage',
  'text/json',
  'nonsense',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/json;charset="iso-8859-1"',
  'application/json; x=y; Charset=UTF-16LE',
  'application/json; charset=utf-8x',
])('Content-Type: %s is 415', async (type) => {
  const { send } = await openApp();
  const headers = { 'content-type': type };
  const reply = await send({ method: 'POST', url: '/kv', headers, payload: '{"key":"k"}' });
  expect(reply.statusCode).toBe(415);
  expect(reply.json()).toMatchObject({ code: 'DKV_MEDIA_TYPE_UNSUPPORTED' });
});

test.each([
  'application/json; charset=utf-8',
  'Application/JSON',
  'application/json;charset=UTF-8',
  'application/json; charset="utf-8"',
  'application/json; charset=utf-8; x=y',
])('Content-Type: %s is JSON, and its body is still checked', async (type) => {
  const { kv } = await openApp();
  expect((await kv('POST', { key: 'k' }, { 'content-type': type })).statusCode).toBe(404);
  expect((await kv('POST', { key: 1 }, { 'content-type': type })).statusCode).toBe(422);
});

test('a body beyond all bounds is 413', async () => {
  const { kv } = await openApp();
  const reply = await kv('PUT', ' '.repeat(limits.bodyBytesMax + 1));
  expect(reply.statusCode).toBe(413);
  expect(reply.json()).toMatchObject({ status: 413, code: 'DKV_BODY_TOO_LARGE' });
});
