// One entry under /v1: any bytes with their media type, stored, read and removed; its time to live.
// Conditions are in `v1-conditions.test.ts`, what a key may be in `v1-keys.test.ts`.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openV1, problemIn } from './support/open-v1.ts';
import { waitFor } from './support/wait-for.ts';

const ETAG = /^"[0-9a-f]{8}-[1-9]\d*"$/;

test('what is stored comes back byte by byte, with its media type', async () => {
  const { entry } = await openV1();
  const body = Buffer.from([0, 255, 254, 10, 13, 0]);
  const headers = { 'content-type': 'image/png; name="a b"' };
  const put = await entry('PUT', 'picture', { headers, body });
  expect([put.statusCode, put.body]).toEqual([201, '']);
  expect(put.headers.etag).toMatch(ETAG);
  const read = await entry('GET', 'picture');
  expect([read.statusCode, read.rawPayload]).toEqual([200, body]);
  expect(read.headers).toMatchObject({
    'content-type': 'image/png; name="a b"',
    'content-length': '6',
    etag: put.headers.etag,
    'cache-control': 'private, no-cache',
  });
  expect(read.headers).not.toHaveProperty('dumbkv-expires-at');
});

test('a browser that reads a value runs nothing of it', async () => {
  const { entry } = await openV1();
  const headers = { 'content-type': 'text/html' };
  await entry('PUT', 'page', { headers, body: '<script>alert(1)</script>' });
  expect((await entry('GET', 'page')).headers).toMatchObject({
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'content-type': 'text/html',
  });
});

test('storing again replaces value and media type, and is 204 with another ETag', async () => {
  const { entry } = await openV1();
  const first = await entry('PUT', 'k', { headers: { 'content-type': 'a/b' }, body: 'first' });
  const second = await entry('PUT', 'k', { headers: { 'content-type': 'c/d' }, body: 'second' });
  expect([second.statusCode, second.body]).toEqual([204, '']);
  expect(second.headers.etag).toMatch(ETAG);
  expect(second.headers.etag).not.toBe(first.headers.etag);
  const read = await entry('GET', 'k');
  expect([read.body, read.headers['content-type']]).toEqual(['second', 'c/d']);
});

test('without a Content-Type a value is bytes', async () => {
  const { entry } = await openV1();
  await entry('PUT', 'k', { body: Buffer.from('v') });
  expect((await entry('GET', 'k')).headers['content-type']).toBe('application/octet-stream');
});

test.each([
  ['no body', {}],
  ['an empty body', { headers: { 'content-type': 'text/plain' }, body: '' }],
])('%s is a value of no bytes', async (_, options) => {
  const { entry } = await openV1();
  expect((await entry('PUT', 'k', options)).statusCode).toBe(201);
  const read = await entry('GET', 'k');
  expect([read.statusCode, read.body, read.headers['content-length']]).toEqual([200, '', '0']);
});

test('what is not there is 404', async () => {
  const { entry } = await openV1();
  expect(problemIn(await entry('GET', 'k'))).toEqual({ status: 404, code: 'DKV_KEY_NOT_FOUND' });
  const head = await entry('HEAD', 'k');
  expect([head.statusCode, head.body]).toEqual([404, '']);
});

test('removing is 204, also when there was nothing', async () => {
  const { entry } = await openV1();
  await entry('PUT', 'k', { body: 'v' });
  for (let i = 0; i < 2; i += 1) {
    const removed = await entry('DELETE', 'k');
    expect([removed.statusCode, removed.body]).toEqual([204, '']);
    expect((await entry('GET', 'k')).statusCode).toBe(404);
  }
});

test('HEAD tells of the value all that GET does', async () => {
  const { entry } = await openV1();
  const headers = { 'content-type': 'text/plain', 'dumbkv-ttl': '100' };
  await entry('PUT', 'k', { headers, body: 'twelve bytes' });
  const [head, get] = [await entry('HEAD', 'k'), await entry('GET', 'k')];
  expect([head.statusCode, head.body]).toEqual([200, '']);
  const told = ['content-length', 'content-type', 'etag', 'dumbkv-expires-at', 'accept-ranges'];
  for (const name of told) {
    expect(head.headers[name], name).toBe(get.headers[name]);
    expect(head.headers[name], name).toBeDefined();
  }
  expect(head.headers['content-length']).toBe('12');
});

test('a part of a value is not given: the whole is', async () => {
  const { entry } = await openV1();
  await entry('PUT', 'k', { body: 'value' });
  const reply = await entry('GET', 'k', { headers: { range: 'bytes=0-1' } });
  expect([reply.statusCode, reply.body]).toEqual([200, 'value']);
  expect(reply.headers['accept-ranges']).toBe('none');
});

test('/kv and /v1 are two ways to one entry', async () => {
  const { entry, kv } = await openV1();
  await kv('PUT', { key: 'k', value: 'by /kv' });
  const read = await entry('GET', 'k');
  expect([read.body, read.headers['content-type']]).toEqual([
    'by /kv',
    'text/plain; charset=utf-8',
  ]);
  await entry('PUT', 'k', { body: 'by /v1' });
  expect((await kv('POST', { key: 'k' })).json()).toEqual({ value: 'by /v1' });
  await entry('PUT', 'k', { body: Buffer.of(255) });
  expect(problemIn(await kv('POST', { key: 'k' })).code).toBe('DKV_VALUE_NOT_TEXT');
});

test('each database has its own keys, from 0 to 2^31 - 1', async () => {
  const { call } = await openV1();
  await call('PUT', '/2147483647/keys/k', { body: 'last' });
  expect((await call('GET', '/2147483647/keys/k')).body).toBe('last');
  expect((await call('GET', '/0/keys/k')).statusCode).toBe(404);
});

test.each(['-1', '2147483648', '01', '1e3', '0x1', '1.0', '', ' 1', 'null', 'true', '%30x'])(
  '"%s" is no database',
  async (database) => {
    const { call } = await openV1();
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      const reply = await call(method, `/${encodeURI(database)}/keys/k`);
      expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_PARAMETER_INVALID' });
      expect(reply.json().detail).toMatch(/The path or the query does not fit: database must/);
    }
  },
);

test('the largest value is taken, and one byte more is not', async () => {
  const { entry } = await openV1();
  const body = Buffer.alloc(limits.valueBytesMax, 7);
  expect((await entry('PUT', 'k', { body })).statusCode).toBe(201);
  expect((await entry('GET', 'k')).rawPayload.equals(body)).toBe(true);
  for (const more of [1, limits.bodyBytesMax]) {
    const reply = await entry('PUT', 'k', { body: Buffer.alloc(limits.valueBytesMax + more) });
    expect(problemIn(reply)).toEqual({ status: 413, code: 'DKV_VALUE_TOO_LARGE' });
  }
  expect((await entry('GET', 'k')).rawPayload.equals(body)).toBe(true);
});

test.each([
  ['text/*', 'content-type', 415, 'DKV_MEDIA_TYPE_UNSUPPORTED'],
  ['nonsense', 'content-type', 415, 'DKV_MEDIA_TYPE_UNSUPPORTED'],
  [`a/b;x=${'y'.repeat(250)}`, 'content-type', 415, 'DKV_MEDIA_TYPE_UNSUPPORTED'],
  ['gzip', 'content-encoding', 415, 'DKV_MEDIA_TYPE_UNSUPPORTED'],
  ['bytes 0-3/4', 'content-range', 400, 'DKV_HEADER_INVALID'],
  ['0', 'dumbkv-ttl', 400, 'DKV_HEADER_INVALID'],
  ['soon', 'dumbkv-ttl', 400, 'DKV_HEADER_INVALID'],
  ['1, 2', 'dumbkv-ttl', 400, 'DKV_HEADER_INVALID'],
])('"%s" as %s is refused, and nothing is stored', async (text, name, status, code) => {
  const { entry } = await openV1();
  const reply = await entry('PUT', 'k', { headers: { [name]: text }, body: 'v' });
  expect(problemIn(reply)).toEqual({ status, code });
  expect((await entry('GET', 'k')).statusCode).toBe(404);
});

test('Content-Encoding: identity is no encoding', async () => {
  const { entry } = await openV1();
  const headers = { 'content-encoding': 'identity' };
  expect((await entry('PUT', 'k', { headers, body: 'v' })).statusCode).toBe(201);
});

test('an entry says when it ends, and is gone then', async () => {
  const { entry } = await openV1();
  const beforeMs = Date.now();
  const put = await entry('PUT', 'k', { headers: { 'dumbkv-ttl': '0.250' }, body: 'v' });
  const endsMs = Date.parse(String(put.headers['dumbkv-expires-at']));
  expect(endsMs).toBeGreaterThanOrEqual(beforeMs + 250);
  expect(endsMs).toBeLessThanOrEqual(Date.now() + 250);
  await waitFor('the end', async () => {
    const read = await entry('GET', 'k');
    if (read.statusCode === 200) {
      expect(read.headers['dumbkv-expires-at']).toBe(put.headers['dumbkv-expires-at']);
      return false;
    }
    return Date.now() >= endsMs;
  });
  expect((await entry('PUT', 'k', { body: 'v' })).statusCode).toBe(201);
});

test('storing without a time to live takes the former end away', async () => {
  const { entry } = await openV1();
  await entry('PUT', 'k', { headers: { 'dumbkv-ttl': '1000' }, body: 'v' });
  const put = await entry('PUT', 'k', { body: 'v' });
  expect(put.headers).not.toHaveProperty('dumbkv-expires-at');
  expect((await entry('GET', 'k')).headers).not.toHaveProperty('dumbkv-expires-at');
});

test('any bytes come back as they went in', async () => {
  const { entry } = await openV1();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
      const body = Buffer.from(bytes);
      await entry('PUT', 'k', { headers: { 'content-type': 'a/b' }, body });
      expect((await entry('GET', 'k')).rawPayload).toEqual(body);
    }),
    { numRuns: 40 },
  );
});

test.each([
  ['POST', '/0/keys/k', 'GET, HEAD, PUT, DELETE'],
  ['PATCH', '/0/keys/a%2Fb', 'GET, HEAD, PUT, DELETE'],
] as const)('%s %s is 405 and says what is allowed', async (method, path, allow) => {
  const { call } = await openV1();
  const reply = await call(method, path);
  expect(problemIn(reply).code).toBe('DKV_METHOD_NOT_ALLOWED');
  expect(reply.headers.allow).toBe(allow);
});

test.each(['/0/keys/a/b', '/0', '', '/0/keys/a/', '/0/kex'])(
  'there is nothing at %s',
  async (path) => {
    const { call } = await openV1();
    expect(problemIn(await call('GET', path)).code).toBe('DKV_ROUTE_NOT_FOUND');
  },
);
