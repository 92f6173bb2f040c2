// Export and import: what one gives the other takes, what is cut goes on, what is wrong is named.
// Imports that go on for long are in `v1-import.test.ts`, crashes in `v1-transfer-crash.test.ts`.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import type { Store } from '../../server/store/store.ts';
import { type OpenV1, openV1, problemIn } from './support/open-v1.ts';
import { put } from './support/store-calls.ts';
import { wholeLines } from './support/transfer.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };

const exported = async ({ call }: OpenV1, query = '', database = 0) => {
  const reply = await call('GET', `/${database}/export${query}`);
  if (reply.statusCode !== 200) throw new Error(reply.body);
  expect(reply.headers['content-type']).toBe('application/x-ndjson');
  return reply.body;
};

const imported = ({ call }: OpenV1, body: string | Buffer, query = '') =>
  call('POST', `/0/import${query}`, { headers: NDJSON, body });

const lineOf = (key: string, value = 'v') => `${JSON.stringify({ key, value })}\n`;
const endingLine = (key: string, expiresAt: string) =>
  `${JSON.stringify({ key, value: 'v', expiresAt })}\n`;

async function fill(store: Store, count: number): Promise<void> {
  const value = Buffer.from('value');
  await Promise.all(Array.from({ length: count }, (_, i) => put(store, 0, `key-${i}`, value)));
}

test('an export has a head, all entries and an end', async () => {
  const open = await openV1();
  await open.entry('PUT', 'text', { headers: { 'content-type': 'text/html' }, body: 'wörd\n' });
  await open.entry('PUT', 'bytes', { headers: { 'dumbkv-ttl': '100' }, body: Buffer.of(255) });
  await open.call('PUT', '/1/keys/elsewhere', { body: 'v' });
  const [head, ...rest] = wholeLines(await exported(open));
  const { storeId, incarnation } = open.store.info();
  const position = `${incarnation.slice(0, 8)}-3`;
  expect(head).toEqual({
    ...{ format: 'dumbkv-export-1', storeId, incarnation, database: 0, position },
    cursor: expect.any(String),
  });
  expect(rest.at(-1)).toEqual({ end: true, keys: 2, unreadable: 0 });
  const entries = rest.slice(0, -1).toSorted((a, b) => (String(a.key) < String(b.key) ? 1 : -1));
  expect(entries).toEqual([
    { key: 'text', value: 'wörd\n', contentType: 'text/html' },
    {
      ...{ key: 'bytes', valueBase64: '/w==', contentType: 'application/octet-stream' },
      expiresAt: expect.stringMatching(/Z$/),
    },
  ]);
});

test('an import of an export makes the same entries, ends included', async () => {
  const from = await openV1();
  await fill(from.store, 1_200);
  await from.entry('PUT', 'bytes', { headers: { 'dumbkv-ttl': '9000' }, body: Buffer.of(255) });
  const lines = await exported(from);
  const to = await openV1();
  const reply = await imported(to, lines);
  expect(reply.statusCode).toBe(200);
  const count = wholeLines(lines).length;
  expect(wholeLines(reply.body).at(-1)).toEqual({
    ...{ end: true, lines: count, imported: 1_201, skipped: 0, expired: 0 },
  });
  const withoutEnds = (text: string) =>
    wholeLines(text).flatMap(({ expiresAt, ...line }) => (line.key ? [JSON.stringify(line)] : []));
  expect(withoutEnds(await exported(to)).toSorted()).toEqual(withoutEnds(lines).toSorted());
  const [was, is] = [await from.store.get(0, 'bytes'), await to.store.get(0, 'bytes')];
  expect(is?.expiresAtMs).toBeGreaterThan(Date.now());
  expect(is?.expiresAtMs).toBe(was?.expiresAtMs);
});

test('an export that was cut goes on with any of its cursors', async () => {
  const open = await openV1();
  await fill(open.store, 1_300);
  const whole = wholeLines(await exported(open));
  const cursors = whole.flatMap(({ cursor }, at) => (cursor === undefined ? [] : [{ cursor, at }]));
  expect(cursors.length).toBeGreaterThan(2);
  await open.entry('PUT', 'later', { body: 'v' });
  for (const { cursor, at } of cursors) {
    const rest = wholeLines(await exported(open, `?cursor=${cursor}`));
    // the position is that of the beginning: a feed from there has what came later
    expect(rest[0]).toMatchObject({ position: whole[0]?.position, cursor });
    const [expected, found] = [whole.slice(at + 1), rest].map((lines) =>
      lines.flatMap(({ key }) => (key && key !== 'later' ? [key] : [])),
    );
    expect(found).toEqual(expected);
  }
});

test('a cursor of a list is none of an export, and one of another store is gone', async () => {
  const open = await openV1();
  await fill(open.store, 3);
  const { cursor } = (await open.call('GET', '/0/keys?limit=1')).json();
  expect(problemIn(await open.call('GET', `/0/export?cursor=${cursor}`))).toEqual({
    status: 400,
    code: 'DKV_CURSOR_INVALID',
  });
  const [head] = wholeLines(await exported(open));
  const other = await (await openV1()).call('GET', `/0/export?cursor=${head?.cursor}`);
  expect(problemIn(other)).toEqual({ status: 410, code: 'DKV_CURSOR_GONE' });
});

test('entries that are there are replaced, or skipped where that is asked for', async () => {
  const open = await openV1();
  await open.entry('PUT', 'a', { body: 'old' });
  const skipped = await imported(open, lineOf('a', 'new') + lineOf('b'), '?onConflict=skip');
  expect(wholeLines(skipped.body).at(-1)).toMatchObject({ imported: 1, skipped: 1, lines: 2 });
  expect((await open.entry('GET', 'a')).body).toBe('old');
  const replaced = await imported(open, lineOf('a', 'new'), '?onConflict=replace');
  expect(wholeLines(replaced.body).at(-1)).toMatchObject({ imported: 1, skipped: 0 });
  expect((await open.entry('GET', 'a')).body).toBe('new');
});

test('of several lines for one key the last one counts', async () => {
  const open = await openV1();
  const body = Array.from({ length: 300 }, (_, i) => lineOf(`k${i % 2}`, `${i}`)).join('');
  await imported(open, body);
  expect((await open.entry('GET', 'k1')).body).toBe('299');
});

test('entries whose time is over are not imported, and what is there stays', async () => {
  const open = await openV1();
  await open.entry('PUT', 'there', { body: 'newer' });
  const body = ['k', 'there'].map((key) => endingLine(key, '2020-01-01T00:00:00Z')).join('');
  for (const query of ['', '?onConflict=skip']) {
    const reply = await imported(open, body, query);
    const counts = { lines: 2, imported: 0, skipped: 0, expired: 2 };
    expect(wholeLines(reply.body).at(-1)).toMatchObject(counts);
  }
  expect((await open.entry('GET', 'k')).statusCode).toBe(404);
  expect((await open.entry('GET', 'there')).body).toBe('newer');
});

test('an end that is too far away is told, and the furthest one is kept', async () => {
  const open = await openV1();
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
  const near = inMs(limits.ttlMsMax - 60_000);
  const reply = await imported(
    open,
    endingLine('near', near) + endingLine('far', inMs(limits.ttlMsMax + 60_000)),
  );
  expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_BODY_INVALID' });
  expect(reply.json()).toMatchObject({
    ...{ line: 2, lines: 1 },
    detail: expect.stringContaining('expiresAt is more than 100 years away'),
  });
  expect((await open.store.get(0, 'near'))?.expiresAtMs).toBe(Date.parse(near));
});

test('from passes over the lines before it, whatever is in them', async () => {
  const open = await openV1();
  const reply = await imported(open, `nonsense\n${lineOf('a')}${lineOf('b')}`, '?from=3');
  expect(wholeLines(reply.body).at(-1)).toMatchObject({ lines: 3, imported: 1 });
  expect((await open.store.state()).keys).toBe(1);
});

test.each(['', '\n\r\n \n'])('an import of nothing (%j) imports nothing', async (body) => {
  const open = await openV1();
  const reply = await imported(open, body);
  expect(reply.statusCode).toBe(200);
  expect(wholeLines(reply.body).at(-1)).toMatchObject({ end: true, imported: 0 });
});

test('a line that does not fit stops it: it is named, and what came before is stored', async () => {
  const open = await openV1();
  const reply = await imported(open, `${lineOf('a')}\n${lineOf('b')}{"key":1}\n${lineOf('c')}`);
  expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_BODY_INVALID' });
  expect(reply.json()).toMatchObject({
    ...{ line: 4, lines: 3 },
    detail: expect.stringMatching(/^Line 4: The line does not fit: .*key must be string/),
  });
  expect((await open.store.state()).keys).toBe(2);
});

test('a line that does not fit is named at the end, where the reply has begun', async () => {
  const open = await openV1();
  const good = Array.from({ length: 300 }, (_, i) => lineOf(`k${i}`)).join('');
  const reply = await imported(open, `${good}{"key":1}\n${lineOf('c')}`);
  expect(reply.statusCode).toBe(200);
  expect(wholeLines(reply.body).at(-1)).toEqual({
    problem: expect.objectContaining({
      ...{ status: 422, code: 'DKV_BODY_INVALID', line: 301, lines: 300 },
    }),
  });
  expect((await open.store.state()).keys).toBe(300);
});

test('where no line fits, nothing is stored', async () => {
  const open = await openV1();
  const reply = await imported(open, 'hello\n');
  expect(problemIn(reply)).toEqual({ status: 400, code: 'DKV_BODY_NOT_JSON' });
  expect(reply.json()).toMatchObject({ line: 1, lines: 0 });
});

test('a line that does not end is refused before it fills the memory', async () => {
  const open = await openV1();
  const reply = await imported(open, Buffer.alloc(limits.importLineBytesMax + 2, 'x'));
  expect(problemIn(reply)).toEqual({ status: 413, code: 'DKV_BODY_TOO_LARGE' });
  expect(reply.json()).toMatchObject({ line: 1 });
});

test.each([
  ['application/json', undefined, 415, 'DKV_MEDIA_TYPE_UNSUPPORTED'],
  ['application/x-ndjson', 'gzip', 415, 'DKV_MEDIA_TYPE_UNSUPPORTED'],
])('a body of %s, encoded as %s, is refused', async (type, encoding, status, code) => {
  const { call } = await openV1();
  const headers = { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) };
  const reply = await call('POST', '/0/import', { headers, body: lineOf('a') });
  expect(problemIn(reply)).toEqual({ status, code });
});

test.each(['?onConflict=merge', '?from=0', '?from=x', '?database=1'])(
  '%s is no way to import',
  async (query) => {
    const open = await openV1();
    const reply = await imported(open, lineOf('a'), query);
    expect(problemIn(reply)).toEqual({ status: 422, code: 'DKV_PARAMETER_INVALID' });
  },
);
