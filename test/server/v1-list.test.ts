// Listing keys: pages that lead to each other by cursors, each key once, whatever the prefix.
// Cursors themselves are in test/unit/server/cursor.test.ts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { type OpenV1, openV1, problemIn } from './support/open-v1.ts';
import { put } from './support/store-calls.ts';

interface Listed {
  readonly keys: { key: string; etag: string; revision: string; expiresAt?: string }[];
  readonly cursor?: string;
  readonly unreadable?: number;
}

async function page({ call }: OpenV1, query: Record<string, string>, database = 0) {
  const reply = await call('GET', `/${database}/keys?${new URLSearchParams(query)}`);
  if (reply.statusCode !== 200) throw new Error(reply.body);
  return reply.json() as Listed;
}

/** All keys, by as many pages as it takes. */
async function keysOf(open: OpenV1, query: Record<string, string>): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const { keys: listed, cursor: next } = await page(open, {
      ...query,
      ...(cursor && { cursor }),
    });
    keys.push(...listed.map(({ key }) => key));
    cursor = next;
  } while (cursor !== undefined);
  return keys;
}

async function openWith(keys: readonly string[]): Promise<OpenV1> {
  const open = await openV1();
  const value = Buffer.from('v');
  await Promise.all(keys.map((key) => put(open.store, 0, key, value)));
  return open;
}

const numbered = (count: number, prefix = 'key') =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

test('an empty database is an empty page, and the last', async () => {
  const open = await openV1();
  const reply = await open.call('GET', '/0/keys');
  expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(reply.json()).toEqual({ keys: [] });
});

test('a key is shown with its version and its end', async () => {
  const open = await openV1();
  const headers = { 'dumbkv-ttl': '1000' };
  const first = await open.entry('PUT', 'mortal', { headers, body: 'v' });
  const { keys } = await page(open, {});
  expect(keys).toEqual([
    {
      key: 'mortal',
      etag: first.headers.etag,
      revision: /-(\d+)"/.exec(String(first.headers.etag))?.[1],
      expiresAt: first.headers['dumbkv-expires-at'],
    },
  ]);
  const second = await open.entry('PUT', 'mortal', { body: 'v' });
  const [shown] = (await page(open, {})).keys;
  expect(shown).not.toHaveProperty('expiresAt');
  expect(shown?.etag).toBe(second.headers.etag);
});

test.each([1, 3, 7, 100])('every key is listed once by pages of %d', async (limit) => {
  const keys = numbered(20);
  const open = await openWith(keys);
  const listed = await keysOf(open, { limit: String(limit) });
  expect(listed).toHaveLength(keys.length);
  expect(listed.toSorted()).toEqual(keys.toSorted());
});

test('without a limit a page has a hundred keys', async () => {
  const open = await openWith(numbered(130));
  const { keys, cursor } = await page(open, {});
  expect(keys).toHaveLength(limits.listKeysDefault);
  expect(cursor).toMatch(/^[\w-]+$/);
});

test('a prefix lists the keys that begin so, and no others', async () => {
  const open = await openWith([...numbered(15, 'a/b'), ...numbered(15, 'a/c'), 'a', 'A/b-1']);
  expect((await keysOf(open, { prefix: 'a/b', limit: '4' })).toSorted()).toEqual(
    numbered(15, 'a/b').toSorted(),
  );
  expect(await keysOf(open, { prefix: 'nothing' })).toEqual([]);
  expect(await keysOf(open, { prefix: '' })).toHaveLength(32);
});

test('any prefix is text like any other', async () => {
  const parts = fc.constantFrom(
    '%',
    '_',
    '*',
    '/',
    '\\',
    '"',
    'a',
    '\u00e9',
    'e\u0301',
    '\u{1F511}',
  );
  const texts = fc.array(parts, { minLength: 1, maxLength: 3 }).map((all) => all.join(''));
  const keys = fc.sample(texts, { numRuns: 60, seed: 7 });
  const open = await openWith(keys);
  await fc.assert(
    fc.asyncProperty(texts, async (prefix) => {
      const expected = [...new Set(keys)].filter((key) => key.startsWith(prefix));
      expect((await keysOf(open, { prefix, limit: '50' })).toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 20 },
  );
});

test('each database lists its own keys', async () => {
  const open = await openWith(['here']);
  expect((await page(open, {}, 1)).keys).toEqual([]);
});

test('what was removed or has ended is not listed', async () => {
  const open = await openWith(['stays', 'goes']);
  await open.entry('DELETE', 'goes');
  expect(await keysOf(open, {})).toEqual(['stays']);
});

test('keys that stay are listed once, whatever comes and goes between the pages', async () => {
  const keys = numbered(30, 'stays');
  const open = await openWith([...keys, ...numbered(30, 'goes')]);
  const seen: string[] = [];
  let query: Record<string, string> = { limit: '5' };
  for (let i = 0; ; i += 1) {
    const { keys: listed, cursor } = await page(open, query);
    seen.push(...listed.map(({ key }) => key));
    if (cursor === undefined) break;
    query = { limit: '5', cursor };
    await open.entry('DELETE', `goes-${i}`);
    await open.entry('PUT', `comes-${i}`, { body: 'v' });
    await open.entry('PUT', `stays-${i}`, { body: 'again' });
  }
  expect(seen.filter((key) => key.startsWith('stays')).toSorted()).toEqual(keys.toSorted());
  expect(new Set(seen).size).toBe(seen.length);
});

test('a cursor is of no use to another database, prefix or server', async () => {
  const open = await openWith(numbered(5));
  const { cursor = '' } = await page(open, { limit: '2' });
  const invalid = { status: 400, code: 'DKV_CURSOR_INVALID' };
  expect(problemIn(await open.call('GET', `/1/keys?cursor=${cursor}`))).toEqual(invalid);
  expect(problemIn(await open.call('GET', `/0/keys?cursor=${cursor}&prefix=k`))).toEqual(invalid);
  expect(problemIn(await open.call('GET', `/0/keys?cursor=x${cursor}`))).toEqual(invalid);
  const gone = await (await openV1()).call('GET', `/0/keys?cursor=${cursor}`);
  expect(problemIn(gone)).toEqual({ status: 410, code: 'DKV_CURSOR_GONE' });
});

test.each([
  ['limit=0', 'limit must be >= 1'],
  [`limit=${limits.listKeysMax + 1}`, 'limit must be <= 1000'],
  ['limit=ten', 'limit must be integer'],
  ['cursor=', 'cursor must not be empty'],
  ['prefix=a&prefix=b', 'prefix must be string'],
  ['order=asc', 'order is not known here'],
  ['key=k&prefix=a', 'With key one entry is read'],
  ['key=k&limit=5', 'With key one entry is read'],
])('?%s is 422: %s', async (query, detail) => {
  const { call } = await openV1();
  const reply = await call('GET', `/0/keys?${query}`);
  expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_PARAMETER_INVALID' });
  expect(reply.json().detail).toContain(detail);
});

test('a list has no version, so no condition is passed over', async () => {
  const { call } = await openV1();
  const reply = await call('GET', '/0/keys', { headers: { 'if-none-match': '*' } });
  expect(problemIn(reply).code).toBe('DKV_PRECONDITION_UNSUPPORTED');
});
