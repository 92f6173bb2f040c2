// Keys in a path or a query: any text of 1 to 1,024 bytes, taken as it is, and in one way only.
// Targets that are no HTTP are sent over a bare connection.
import { request } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { openV1, problemIn, urlOf } from './support/open-v1.ts';

const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.constantFrom(...['/', '%', '%2F', '%25', '+', ' ', '?', '#', '&', '=', ';', ':', '*', '\\']),
    fc.constantFrom('\0', '\uFEFF', '__proto__', 'constructor', 'toString', 'a/b/../c', 'e\u0301'),
  )
  .filter((key) => key.isWellFormed());

const byQuery = (key: string) => `/0/keys?${new URLSearchParams({ key })}`;

test('any key works in a path and in a query, and both mean the same', async () => {
  const { call, entry, store } = await openV1();
  await fc.assert(
    fc.asyncProperty(text, async (key) => {
      expect((await entry('PUT', key, { body: 'by path' })).statusCode).toBe(201);
      expect((await store.get(0, key))?.value.toString()).toBe('by path');
      expect((await call('GET', byQuery(key))).body).toBe('by path');
      expect((await call('PUT', byQuery(key), { body: 'by query' })).statusCode).toBe(204);
      expect((await entry('GET', key)).body).toBe('by query');
      expect((await call('DELETE', byQuery(key))).statusCode).toBe(204);
      expect((await store.get(0, key))?.value).toBeUndefined();
    }),
    { numRuns: 80 },
  );
});

test.each([
  ['ASCII', 'k'.repeat(limits.keyBytesMax)],
  ['three characters a byte', '\u00ff'.repeat(limits.keyBytesMax / 2)],
  ['four bytes a character', '\u{1F511}'.repeat(limits.keyBytesMax / 4)],
])('the longest key in %s is taken, and one byte more is not', async (_, key) => {
  const { call, entry } = await openV1();
  expect((await entry('PUT', key, { body: 'v' })).statusCode).toBe(201);
  expect((await call('GET', byQuery(key))).body).toBe('v');
  for (const reply of [await entry('PUT', `${key}x`), await call('DELETE', byQuery(`${key}x`))]) {
    expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_PARAMETER_INVALID' });
    expect(reply.json().detail).toMatch(/key/);
  }
});

test('keys are not normalised: two ways to write one character are two keys', async () => {
  const { entry } = await openV1();
  await entry('PUT', '\u00e9', { body: 'composed' });
  await entry('PUT', 'e\u0301', { body: 'decomposed' });
  expect((await entry('GET', '\u00e9')).body).toBe('composed');
  expect((await entry('GET', 'e\u0301')).body).toBe('decomposed');
});

test.each([
  '/0/keys/%',
  '/0/keys/%zz',
  '/0/keys/%f',
  '/0/keys/%ff',
  '/0/keys/%c3%28',
  '/0/keys/%c0%af',
  '/0/keys/%ed%a0%80',
  '/0/keys/%f4%90%80%80',
  '/0/keys?key=%',
  '/0/keys?key=%zz',
  '/0/keys?key=%ff',
  '/0/keys?key=%ed%a0%80',
  '/0/keys?key=a&%ff=1',
  '/0/keys/a#b',
  '/0/keys?key=a#b',
])('%s is 400: it is no percent-encoded UTF-8, or no target', async (path) => {
  const { app, call, store } = await openV1();
  const url = await urlOf({ app });
  const status = await new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const target = { port, host: '127.0.0.1', method: 'PUT', path: `/v1/databases${path}` };
    request(target, (reply) => resolve(reply.resume().statusCode))
      .on('error', reject)
      .end('v');
  });
  expect(status).toBe(400);
  expect((await store.state()).keys).toBe(0);
  if (path.includes('#')) return;
  expect(problemIn(await call('DELETE', path))).toEqual({ status: 400, code: 'DKV_URL_INVALID' });
});

test.each([
  ['/0/keys/', 'key must not be empty'],
  ['/0/keys?key=', 'key must not be empty'],
  ['/0/keys', 'key is missing'],
  ['/0/keys?key=a&key=b', 'key must be string'],
  ['/0/keys?key=a&ttl=5', 'ttl is not known here'],
  ['/0/keys/k?ttl=5', 'ttl is not known here'],
  ['/0/keys/k?key=k', 'key is not known here'],
])('PUT and DELETE %s say: %s', async (path, detail) => {
  const { call } = await openV1();
  for (const method of ['PUT', 'DELETE'] as const) {
    const reply = await call(method, path, { body: 'v' });
    expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_PARAMETER_INVALID' });
    expect(reply.json().detail).toContain(detail);
  }
});

test('a dot or two is a key by query, where clients would walk the path', async () => {
  const open = await openV1();
  const url = await urlOf(open);
  for (const key of ['.', '..']) {
    const address = `${url}/v1/databases${byQuery(key)}`;
    expect((await fetch(address, { method: 'PUT', body: key })).status).toBe(201);
    expect(await (await fetch(address)).text()).toBe(key);
  }
});

test('a plus is itself in a path, and a space in a query, as forms have it', async () => {
  const { call, store } = await openV1();
  await call('PUT', '/0/keys/a+b', { body: 'v' });
  await call('PUT', '/0/keys?key=c+d', { body: 'v' });
  expect(await store.get(0, 'a+b')).toBeDefined();
  expect(await store.get(0, 'c d')).toBeDefined();
});
