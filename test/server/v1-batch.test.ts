// Batches over HTTP: all or nothing, in their order, and told which operation stood in the way.
// What is no operation is in test/unit/server/operations.test.ts.
import { expect, test } from 'vitest';
import { limits } from '../../server/limits.ts';
import { type OpenV1, openV1, problemIn } from './support/open-v1.ts';

const post = ({ call }: OpenV1, operations: unknown, database = 0) =>
  call('POST', `/${database}/batch`, { body: { operations } as object });

const keys = async ({ store }: OpenV1): Promise<number> => (await store.state()).keys;

test('operations are made together, and each tells its result', async () => {
  const open = await openV1();
  await open.entry('PUT', 'old', { body: 'v' });
  const reply = await post(open, [
    { op: 'put', key: 'text', value: 'hello', contentType: 'text/html', ttlSeconds: 100 },
    { op: 'put', key: 'bytes', valueBase64: '/wA=' },
    { op: 'add', key: 'count', delta: '5' },
    { op: 'delete', key: 'old' },
    { op: 'delete', key: 'never' },
    { op: 'check', key: 'text', ifMatch: '*' },
  ]);
  expect(reply.statusCode).toBe(200);
  const { results } = reply.json();
  expect(results).toEqual([
    {
      etag: expect.stringMatching(/-2"$/),
      revision: '2',
      created: true,
      expiresAt: expect.any(String),
    },
    { etag: expect.stringMatching(/-3"$/), revision: '3', created: true },
    { etag: expect.stringMatching(/-4"$/), revision: '4', created: true, value: '5' },
    { etag: null, revision: '5', created: false },
    { etag: null, revision: '0', created: false },
    { etag: results[0].etag, revision: '2', created: false, expiresAt: results[0].expiresAt },
  ]);
  const text = await open.entry('GET', 'text');
  expect([text.body, text.headers['content-type']]).toEqual(['hello', 'text/html']);
  expect(text.headers).toMatchObject({
    etag: results[0].etag,
    'dumbkv-expires-at': results[0].expiresAt,
  });
  const bytes = await open.entry('GET', 'bytes');
  expect(bytes.rawPayload).toEqual(Buffer.of(255, 0));
  expect(bytes.headers['content-type']).toBe('application/octet-stream');
  expect((await open.entry('GET', 'count')).body).toBe('5');
  expect((await open.entry('GET', 'old')).statusCode).toBe(404);
});

test('each operation sees those before it', async () => {
  const open = await openV1();
  const reply = await post(open, [
    { op: 'put', key: 'k', value: '1', ifNoneMatch: '*' },
    { op: 'add', key: 'k', delta: 41, ifMatch: '*' },
    { op: 'delete', key: 'k', ifMatch: '*' },
    { op: 'put', key: 'k', value: 'last', ifNoneMatch: '*' },
  ]);
  expect(reply.json().results.map(({ created }: { created: boolean }) => created)).toEqual([
    ...[true, false, false, true],
  ]);
  expect((await open.entry('GET', 'k')).body).toBe('last');
});

test.each([
  ['a condition', { op: 'check', key: 'absent', ifMatch: '*' }, 412, 'DKV_PRECONDITION_FAILED'],
  ['no counter', { op: 'add', key: 'word' }, 409, 'DKV_COUNTER_INVALID'],
  [
    'too large a sum',
    { op: 'add', key: 'high', delta: '9223372036854775807' },
    409,
    'DKV_COUNTER_OVERFLOW',
  ],
])('%s stands in the way of all, and is named', async (_, operation, status, code) => {
  const open = await openV1();
  await post(open, [
    { op: 'put', key: 'word', value: 'word' },
    { op: 'put', key: 'high', value: '1' },
  ]);
  const reply = await post(open, [
    { op: 'put', key: 'new', value: 'v' },
    { op: 'delete', key: 'word', ifMatch: '"none"', ifNoneMatch: '*' },
  ]);
  expect(reply.json()).toMatchObject({ status: 412, index: 1 });
  const refused = await post(open, [{ op: 'put', key: 'new', value: 'v' }, FITTING, operation]);
  expect(problemIn(refused)).toEqual({ status, code });
  expect(refused.json()).toMatchObject({
    index: 2,
    detail: expect.stringMatching(/^operations\/2: /),
  });
  expect(await keys(open)).toBe(2);
});

const FITTING = { op: 'check', key: 'k' };

test('a batch that does not fit changes nothing', async () => {
  const open = await openV1();
  const put = { op: 'put', key: 'k', value: 'v' };
  for (const operations of [[put, {}], [put, { ...put, ttlSeconds: -1 }], {}, []]) {
    expect(problemIn(await post(open, operations))).toEqual({
      status: 422,
      code: 'DKV_BODY_INVALID',
    });
  }
  expect(await keys(open)).toBe(0);
});

test('the largest batch is taken, in operations and in bytes', async () => {
  const open = await openV1();
  const share = Math.floor(limits.batchBytesMax / limits.batchChangesMax) - 8;
  const value = '\n'.repeat(share);
  const many = Array.from({ length: limits.batchChangesMax }, (_, i) => ({
    ...{ op: 'put', key: `${i}`, value, contentType: 'a/b', ttlSeconds: 5, ifNoneMatch: '*' },
  }));
  expect((await post(open, many)).statusCode).toBe(200);
  expect(await keys(open)).toBe(limits.batchChangesMax);
  const tooMuch = many.map((one) => ({ ...one, value: `${value}${' '.repeat(100)}` }));
  expect(problemIn(await post(open, tooMuch))).toEqual({ status: 413, code: 'DKV_BODY_TOO_LARGE' });
});

test('operations with every member are not too many parts', async () => {
  const open = await openV1();
  const full = {
    ...{ op: 'put', key: 'k', value: 'v', contentType: 'a/b', ttlSeconds: 5 },
    ...{ ifMatch: '"a","b"', ifNoneMatch: '"a","b"' },
  };
  const reply = await post(
    open,
    Array.from({ length: limits.batchChangesMax }, () => full),
  );
  expect(problemIn(reply).code).toBe('DKV_PRECONDITION_FAILED');
});

test('a value keeps its 64 bits, and a result is one of its own database', async () => {
  const open = await openV1();
  const add = { op: 'add', key: 'k', delta: '9007199254740993' };
  expect((await post(open, [add], 1)).json().results[0].value).toBe('9007199254740993');
  expect((await post(open, [add], 2)).json().results[0].created).toBe(true);
});

test('a condition in the head is refused: each operation has its own', async () => {
  const { call } = await openV1();
  const options = { headers: { 'if-match': '*' }, body: { operations: [FITTING] } };
  const reply = await call('POST', '/0/batch', options);
  expect(problemIn(reply)).toEqual({ status: 400, code: 'DKV_PRECONDITION_UNSUPPORTED' });
});

test('of batches that all want to be first, one is made, and the others not at all', async () => {
  const open = await openV1();
  const batch = (who: string) => [
    { op: 'put', key: `mark-${who}`, value: who },
    { op: 'put', key: 'first', value: who, ifNoneMatch: '*' },
  ];
  const replies = await Promise.all(['a', 'b', 'c', 'd'].map((who) => post(open, batch(who))));
  expect(replies.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 412, 412, 412]);
  const first = (await open.entry('GET', 'first')).body;
  expect((await open.entry('GET', `mark-${first}`)).statusCode).toBe(200);
  expect(await keys(open)).toBe(2);
});

test('base64 that is far too long is refused, and no fault of the server', async () => {
  const open = await openV1();
  const valueBase64 = 'A'.repeat(limits.bodyBytesMax - limits.keyBytesMax);
  const batch = await post(open, [{ op: 'put', key: 'k', valueBase64 }]);
  expect(problemIn(batch)).toMatchObject({ status: 422, code: 'DKV_BODY_INVALID' });
  const imported = await open.call('POST', '/0/import', {
    headers: { 'content-type': 'application/x-ndjson' },
    body: JSON.stringify({ key: 'k', valueBase64 }),
  });
  expect(problemIn(imported)).toMatchObject({ status: 422, code: 'DKV_BODY_INVALID' });
  expect(await keys(open)).toBe(0);
});
