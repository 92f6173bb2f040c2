// Compare and set: conditions of reads, writes and removals under /v1 hold or nothing is done.
// The lists of entity tags themselves are in test/unit/server/etag.test.ts.
import { expect, test } from 'vitest';
import { type OpenV1, openV1, problemIn } from './support/open-v1.ts';

const FAILED = { status: 412, code: 'DKV_PRECONDITION_FAILED' };
const FOREIGN = '"00000000-1"';

/** An entry `k` in its second version, with the tags of both. */
async function openWithVersions(): Promise<OpenV1 & { was: string; is: string }> {
  const open = await openV1();
  const [was, is] = [
    (await open.entry('PUT', 'k', { body: 'was' })).headers.etag,
    (await open.entry('PUT', 'k', { body: 'is' })).headers.etag,
  ];
  return { ...open, was: String(was), is: String(is) };
}

test('If-Match stores over the version that the caller knows, and over no other', async () => {
  const { entry, was, is } = await openWithVersions();
  const late = await entry('PUT', 'k', { headers: { 'if-match': was }, body: 'late' });
  expect(problemIn(late)).toEqual(FAILED);
  expect((await entry('GET', 'k')).body).toBe('is');
  const put = await entry('PUT', 'k', { headers: { 'if-match': `${was}, ${is}` }, body: 'next' });
  expect(put.statusCode).toBe(204);
  expect((await entry('GET', 'k')).body).toBe('next');
});

test('If-Match: * stores over what is there, and makes nothing new', async () => {
  const { entry } = await openWithVersions();
  const headers = { 'if-match': '*' };
  expect((await entry('PUT', 'k', { headers, body: 'v' })).statusCode).toBe(204);
  expect(problemIn(await entry('PUT', 'new', { headers, body: 'v' }))).toEqual(FAILED);
  expect((await entry('GET', 'new')).statusCode).toBe(404);
});

test('If-None-Match: * stores what is new, and leaves alone what is there', async () => {
  const { entry } = await openWithVersions();
  const headers = { 'if-none-match': '*' };
  expect((await entry('PUT', 'new', { headers, body: 'v' })).statusCode).toBe(201);
  expect(problemIn(await entry('PUT', 'new', { headers, body: 'w' }))).toEqual(FAILED);
  expect((await entry('GET', 'new')).body).toBe('v');
});

test('If-None-Match with tags stores over any other version', async () => {
  const { entry, was, is } = await openWithVersions();
  const refused = await entry('PUT', 'k', { headers: { 'if-none-match': is }, body: 'v' });
  expect(problemIn(refused)).toEqual(FAILED);
  const put = await entry('PUT', 'k', { headers: { 'if-none-match': was }, body: 'v' });
  expect(put.statusCode).toBe(204);
});

test.each([FOREIGN, '"k"', '""'])('the tag %s is that of no entry here', async (tag) => {
  const { entry } = await openWithVersions();
  const refused = await entry('PUT', 'k', { headers: { 'if-match': tag }, body: 'v' });
  expect(problemIn(refused)).toEqual(FAILED);
  const put = await entry('PUT', 'k', { headers: { 'if-none-match': tag }, body: 'v' });
  expect(put.statusCode).toBe(204);
});

test('a weak tag does not tell that nothing has changed', async () => {
  const { entry, is } = await openWithVersions();
  const refused = await entry('PUT', 'k', { headers: { 'if-match': `W/${is}` }, body: 'v' });
  expect(problemIn(refused)).toEqual(FAILED);
  const reply = await entry('GET', 'k', { headers: { 'if-none-match': `W/${is}` } });
  expect(reply.statusCode).toBe(304);
});

test('DELETE removes the version that the caller knows, and no other', async () => {
  const { entry, was, is } = await openWithVersions();
  const late = await entry('DELETE', 'k', { headers: { 'if-match': was } });
  expect(problemIn(late)).toEqual(FAILED);
  expect((await entry('DELETE', 'k', { headers: { 'if-match': is } })).statusCode).toBe(204);
  expect(problemIn(await entry('DELETE', 'k', { headers: { 'if-match': '*' } }))).toEqual(FAILED);
  expect((await entry('DELETE', 'k', { headers: { 'if-none-match': '*' } })).statusCode).toBe(204);
});

test('a key that was removed and made again has another tag', async () => {
  const { entry, is } = await openWithVersions();
  await entry('DELETE', 'k');
  const again = await entry('PUT', 'k', { body: 'is' });
  expect(again.headers.etag).not.toBe(is);
});

test.each(['GET', 'HEAD'] as const)('%s of what the caller has already is 304', async (method) => {
  const { entry, was, is } = await openWithVersions();
  const has = await entry(method, 'k', { headers: { 'if-none-match': `${was}, ${is}` } });
  expect([has.statusCode, has.body, has.headers.etag]).toEqual([304, '', is]);
  expect(has.headers).not.toHaveProperty('content-type');
  const hasNot = await entry(method, 'k', { headers: { 'if-none-match': was } });
  expect(hasNot.statusCode).toBe(200);
});

test('GET with If-Match gives that version or none', async () => {
  const { entry, was, is } = await openWithVersions();
  expect((await entry('GET', 'k', { headers: { 'if-match': is } })).body).toBe('is');
  expect(problemIn(await entry('GET', 'k', { headers: { 'if-match': was } }))).toEqual(FAILED);
});

test('what is not there is 404 to a read, whatever its condition', async () => {
  const { entry } = await openV1();
  for (const name of ['if-match', 'if-none-match']) {
    expect((await entry('GET', 'k', { headers: { [name]: '*' } })).statusCode).toBe(404);
  }
});

test.each(['GET', 'PUT', 'DELETE'] as const)(
  '%s refuses a condition that it cannot understand or keep',
  async (method) => {
    const { entry } = await openWithVersions();
    for (const name of ['if-match', 'if-none-match']) {
      const malformed = await entry(method, 'k', { headers: { [name]: 'no-tag' } });
      expect(problemIn(malformed)).toEqual({ status: 400, code: 'DKV_HEADER_INVALID' });
    }
    const headers = { 'if-unmodified-since': 'Sat, 29 Oct 1994 19:43:31 GMT' };
    const unkept = await entry(method, 'k', { headers });
    expect(problemIn(unkept)).toEqual({ status: 400, code: 'DKV_PRECONDITION_UNSUPPORTED' });
    expect((await entry('GET', 'k')).body).toBe('is');
  },
);

test('of many who compare and set at once exactly one succeeds', async () => {
  const { entry, is } = await openWithVersions();
  const all = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      entry('PUT', 'k', { headers: { 'if-match': is }, body: `writer ${i}` }),
    ),
  );
  const winners = all.flatMap(({ statusCode }, i) => (statusCode === 204 ? [i] : []));
  expect(winners).toHaveLength(1);
  expect((await entry('GET', 'k')).body).toBe(`writer ${winners[0]}`);
});
