// Changes page by page: the last event of each key, in the order of revisions, from a position on.
// The live feed is in `v1-feed.test.ts`.
import { expect, test } from 'vitest';
import { type OpenV1, openV1, problemIn } from './support/open-v1.ts';
import { waitFor } from './support/wait-for.ts';

interface Changes {
  readonly events: Record<string, unknown>[];
  readonly position: string;
  readonly hasMore: boolean;
}

async function changes({ call }: OpenV1, query: Record<string, string> = {}, database = 0) {
  const reply = await call('GET', `/${database}/changes?${new URLSearchParams(query)}`);
  if (reply.statusCode !== 200) throw new Error(reply.body);
  return reply.json() as Changes;
}

const toldKeys = ({ events }: Changes) => events.map(({ type, key }) => `${type} ${key}`);

test('where nothing has happened there is a position, to go on from', async () => {
  const open = await openV1();
  const page = await changes(open);
  expect(page).toEqual({
    events: [],
    position: expect.stringMatching(/^[0-9a-f]{8}-0$/),
    hasMore: false,
  });
});

test('each key has its last event, and the order is that of revisions', async () => {
  const open = await openV1();
  for (const key of ['a', 'b', 'c', 'a']) await open.entry('PUT', key, { body: 'v' });
  await open.entry('DELETE', 'b');
  const page = await changes(open);
  expect(toldKeys(page)).toEqual(['put c', 'put a', 'delete b']);
  expect(page.events.map(({ revision }) => revision)).toEqual(['3', '4', '5']);
  expect(page.position).toMatch(/-5$/);
  expect(page.events[2]).toEqual({ type: 'delete', key: 'b', revision: '5' });
});

test('an event has the version, and the value where it is asked for', async () => {
  const open = await openV1();
  const headers = { 'content-type': 'text/plain', 'dumbkv-ttl': '100' };
  const put = await open.entry('PUT', 'text', { headers, body: 'wörd' });
  await open.entry('PUT', 'bytes', { body: Buffer.of(255, 0) });
  const [text, bytes] = (await changes(open)).events;
  const version = { type: 'put', key: 'text', revision: '1', etag: put.headers.etag };
  const expiresAt = put.headers['dumbkv-expires-at'];
  expect(text).toEqual({ ...version, expiresAt });
  expect(bytes).not.toHaveProperty('expiresAt');
  expect((await changes(open, { values: 'true' })).events).toEqual([
    { ...version, expiresAt, contentType: 'text/plain', value: 'wörd' },
    { ...bytes, contentType: 'application/octet-stream', valueBase64: '/wA=' },
  ]);
  expect((await changes(open, { values: 'false' })).events).toEqual([text, bytes]);
});

test('pages lead from one to the next, and each event is told once', async () => {
  const open = await openV1();
  for (let i = 0; i < 7; i += 1) await open.entry('PUT', `k${i}`, { body: 'v' });
  const first = await changes(open, { limit: '3' });
  const second = await changes(open, { limit: '3', since: first.position });
  const third = await changes(open, { limit: '3', since: second.position });
  expect([first, second, third].map(({ hasMore }) => hasMore)).toEqual([true, true, false]);
  expect([first, second, third].flatMap(toldKeys)).toEqual(
    Array.from({ length: 7 }, (_, i) => `put k${i}`),
  );
  expect((await changes(open, { since: third.position })).events).toEqual([]);
});

test('an ETag is a position: what came after that version', async () => {
  const open = await openV1();
  const put = await open.entry('PUT', 'a', { body: 'v' });
  await open.entry('PUT', 'b', { body: 'v' });
  const since = String(put.headers.etag).slice(1, -1);
  expect(toldKeys(await changes(open, { since }))).toEqual(['put b']);
});

test('now is the position of what is to come', async () => {
  const open = await openV1();
  await open.entry('PUT', 'a', { body: 'v' });
  const { events, position } = await changes(open, { since: 'now' });
  expect(events).toEqual([]);
  await open.entry('PUT', 'b', { body: 'v' });
  expect(toldKeys(await changes(open, { since: position }))).toEqual(['put b']);
});

test('each database tells its own events, and all move on together', async () => {
  const open = await openV1();
  await open.entry('PUT', 'a', { body: 'v' });
  const other = await changes(open, {}, 1);
  expect(other.events).toEqual([]);
  expect(other.position).toBe((await changes(open)).position);
});

test('an entry that ends is told as expired, once it has been swept', async () => {
  const open = await openV1();
  await open.entry('PUT', 'mortal', { headers: { 'dumbkv-ttl': '0.05' }, body: 'v' });
  const page = await waitFor('the sweep', async () => {
    const now = await changes(open);
    return now.events[0]?.type === 'expire' ? now : undefined;
  });
  expect(page.events).toEqual([{ type: 'expire', key: 'mortal', revision: '2' }]);
});

test('a position of another store is gone, and so is one that has not come yet', async () => {
  const open = await openV1();
  const { position } = await changes(open);
  const gone = { status: 410, code: 'DKV_REVISION_GONE' };
  for (const since of ['00000000-0', position.replace(/-0$/, '-7')]) {
    expect(problemIn(await open.call('GET', `/0/changes?since=${since}`))).toEqual(gone);
  }
});

test.each([
  ['since=', 'since'],
  ['since=7', 'since'],
  ['since=%223f2a9c01-7%22', 'since'],
  ['limit=0', 'limit must be >= 1'],
  ['limit=1001', 'limit must be <= 1000'],
  ['values=1', 'values must be boolean'],
  ['wait=31', 'wait must be <= 30'],
  ['wait=0.5', 'wait must be integer'],
  ['from=1', 'from is not known here'],
])('?%s is 422: %s', async (query, detail) => {
  const { call } = await openV1();
  const reply = await call('GET', `/0/changes?${query}`);
  expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_PARAMETER_INVALID' });
  expect(reply.json().detail).toContain(detail);
});

test('who waits is told as soon as something happens in this database', async () => {
  const open = await openV1();
  const { position } = await changes(open);
  const told = changes(open, { since: position, wait: '30' });
  await open.call('PUT', '/1/keys/elsewhere', { body: 'v' });
  await open.entry('PUT', 'here', { body: 'v' });
  expect(toldKeys(await told)).toEqual(['put here']);
});

test('who waits in vain gets an empty page, and moves on', async () => {
  const open = await openV1();
  await open.call('PUT', '/1/keys/elsewhere', { body: 'v' });
  const { position } = await changes(open);
  expect(await changes(open, { since: position, wait: '1' })).toEqual({
    ...{ events: [], position, hasMore: false },
  });
});

test('those who wait are so many at most', async () => {
  const open = await openV1({ feedsMax: 1 });
  const waiting = changes(open, { wait: '30' });
  const refused = await waitFor('a refusal', async () => {
    const reply = await open.call('GET', '/0/changes?wait=1');
    return reply.statusCode === 503 ? reply : undefined;
  });
  expect(problemIn(refused).code).toBe('DKV_SERVER_BUSY');
  expect(refused.headers['retry-after']).toBe('1');
  expect((await changes(open)).events).toEqual([]);
  await open.entry('PUT', 'k', { body: 'v' });
  await waiting;
});

test('there is no head of a feed, and no condition', async () => {
  const { call } = await openV1();
  const head = await call('HEAD', '/0/changes');
  expect([head.statusCode, head.headers.allow]).toEqual([405, 'GET']);
  const reply = await call('GET', '/0/changes', { headers: { 'if-match': '*' } });
  expect(problemIn(reply).code).toBe('DKV_PRECONDITION_UNSUPPORTED');
});
