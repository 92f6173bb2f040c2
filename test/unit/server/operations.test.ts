// Operations of a batch: what each is made into, and what is said of one that is none.
// What becomes of them is tested in test/server/v1-batch.test.ts.
import { expect, test } from 'vitest';
import { describe as tell } from '../../../server/body.ts';
import type { ReplyError } from '../../../server/errors.ts';
import { limits } from '../../../server/limits.ts';
import { batchOf, complaintsAbout } from '../../../server/operations.ts';
import type { Operation } from '../../../server/schemas/batch.ts';

const PLACE = { database: 3, incarnation: '3f2a9c01-aaaa-4bbb-8ccc-0123456789ab' };

const told = (...operations: unknown[]): string => tell(complaintsAbout({ operations }));
const made = (operation: Operation) => batchOf([operation], PLACE)[0];

function refusalOf(...operations: Operation[]): ReplyError {
  try {
    batchOf(operations, PLACE);
  } catch (error) {
    return error as ReplyError;
  }
  throw new Error('nothing was refused');
}

test.each<[Operation, object]>([
  [
    { op: 'put', key: 'k', value: 'v' },
    { op: 'put', value: Buffer.from('v'), contentType: 'text/plain; charset=utf-8' },
  ],
  [
    { op: 'put', key: 'k', valueBase64: '/wA=' },
    { op: 'put', value: Buffer.of(255, 0), contentType: 'application/octet-stream' },
  ],
  [
    { op: 'put', key: 'k', value: '{}', contentType: 'application/json', ttlSeconds: 1.5 },
    { op: 'put', contentType: 'application/json', ttlMs: 1500 },
  ],
  [{ op: 'put', key: 'k', value: 'v', ifNoneMatch: '*' }, { condition: { noneMatch: 'any' } }],
  [
    { op: 'delete', key: 'k', ifMatch: '"3f2a9c01-7"' },
    { op: 'remove', condition: { match: [7] } },
  ],
  [
    { op: 'check', key: 'k', ifMatch: '*' },
    { op: 'check', condition: { match: 'any' } },
  ],
  [
    { op: 'add', key: 'k' },
    { op: 'add', delta: 1n, ttlMs: undefined },
  ],
  [{ op: 'add', key: 'k', delta: '-9223372036854775808' }, { delta: -(2n ** 63n) }],
  [
    { op: 'add', key: 'k', delta: -3, ttlSeconds: 2 },
    { delta: -3n, ttlMs: 2000 },
  ],
])('an operation is made into the change that it asks for: %#', (operation, change) => {
  expect(complaintsAbout({ operations: [operation] })).toEqual([]);
  expect(made(operation)).toMatchObject({ database: 3, key: 'k', ...change });
});

test.each([
  [null, 'it must be object'],
  [{}, 'operations is missing'],
  [{ operations: {} }, 'operations must be array'],
  [{ operations: [] }, 'operations must not have fewer than 1 items'],
  [{ operations: [{ op: 'check', key: 'k' }], atomic: true }, 'atomic is not known here'],
])('%j is no batch: %s', (body, sentence) => {
  expect(tell(complaintsAbout(body))).toContain(sentence);
});

test('a batch has so many operations, and no more', () => {
  const operation = { op: 'check', key: 'k' };
  const many = (length: number) => Array.from({ length }, () => operation);
  expect(complaintsAbout({ operations: many(limits.batchChangesMax) })).toEqual([]);
  expect(told(...many(limits.batchChangesMax + 1))).toContain('more than 128 items');
});

const FITTING = { op: 'check', key: 'k' };

test.each([
  [null, 'operations/1/op must be put, delete, add or check'],
  ['put', 'operations/1/op must be put, delete, add or check'],
  [{ key: 'k' }, 'operations/1/op must be put, delete, add or check'],
  [{ op: 'toString', key: 'k' }, 'operations/1/op must be put, delete, add or check'],
  [{ op: 'put bytes', key: 'k' }, 'operations/1/op must be'],
  [{ op: 'put', key: 'k' }, 'operations/1/value is missing'],
  [{ op: 'put', key: 'k', value: 'v', valueBase64: '' }, 'operations/1/value is not known here'],
  [{ op: 'put', key: 'k', valueBase64: 'a!==' }, 'operations/1/valueBase64 must match pattern'],
  [{ op: 'put', key: 'k', value: '\uD800' }, 'operations/1/value has half a surrogate pair'],
  [{ op: 'put', key: '', value: 'v' }, 'operations/1/key must not be empty'],
  [{ op: 'put', key: 'k', value: 'v', ttlSeconds: 0 }, 'operations/1/ttlSeconds must be >= 0.001'],
  [{ op: 'delete' }, 'operations/1/key is missing'],
  [{ op: 'delete', key: 'k', value: 'v' }, 'operations/1/value is not known here'],
  [{ op: 'add', key: 'k', delta: 'one' }, 'operations/1/delta'],
  [{ op: 'add', key: 'k', delta: 0.5 }, 'operations/1/delta'],
  [{ op: 'check', key: 'k', ifMatch: 5 }, 'operations/1/ifMatch must be string'],
  [{ op: 'check', key: 'k', ifMatch: 'x' }, 'operations/1/ifMatch must match pattern'],
  [{ op: 'check', key: 'k', ifNoneMatch: '' }, 'operations/1/ifNoneMatch must match pattern'],
])('%j is no operation: %s', (operation, sentence) => {
  expect(told(FITTING, operation)).toContain(sentence);
});

test('many mistakes are told in a bounded sentence', () => {
  const sentence = told(...Array.from({ length: 128 }, () => ({ op: 'x' })));
  expect(sentence.match(/must be put/g)).toHaveLength(limits.fieldsNamedMax);
  expect(sentence).toContain('; and more');
});

test.each<[Operation, string, string]>([
  [{ op: 'check', key: '\u20ac'.repeat(400) }, 'DKV_BODY_INVALID', 'operations/0/key must have'],
  [{ op: 'add', key: 'k', delta: '9223372036854775808' }, 'DKV_BODY_INVALID', 'operations/0/delta'],
  [
    { op: 'put', key: 'k', value: 'v', contentType: 'any' },
    'DKV_BODY_INVALID',
    'operations/0/contentType must be a media type',
  ],
  [
    { op: 'put', key: 'k', value: 'x'.repeat(limits.valueBytesMax + 1) },
    'DKV_BODY_INVALID',
    'operations/0/value must have at most',
  ],
  ...['a', 'aa', 'aaa', 'aa=', 'a==', '=', '==', 'aaaaa'].map(
    (valueBase64): [Operation, string, string] => [
      { op: 'put', key: 'k', valueBase64 },
      'DKV_BODY_INVALID',
      'operations/0/valueBase64 must be base64 with padding',
    ],
  ),
])('what no schema can say is told too: %#', (operation, code, sentence) => {
  const refusal = refusalOf(operation);
  expect(refusal.code).toBe(code);
  expect(refusal.message).toContain(sentence);
});

test('the bytes of a batch are bounded all together, and the largest value fits', () => {
  const key = 'k'.repeat(limits.keyBytesMax);
  const largest = { op: 'put', key, value: 'x'.repeat(limits.valueBytesMax) } as const;
  expect(made(largest)).toMatchObject({ op: 'put' });
  expect(refusalOf(largest, { op: 'delete', key: 'k' })).toMatchObject({
    code: 'DKV_BODY_TOO_LARGE',
    status: 413,
  });
});
