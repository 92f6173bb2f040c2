// Parameters: a number is written in one way only, and everything else is the text that it is.
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { checkedKey, compileStrictly } from '../../../server/parameters.ts';

const schema = Type.Object(
  {
    count: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    name: Type.Optional(Type.String()),
    all: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const validate = (httpPart: string, value: unknown) =>
  compileStrictly({ schema, httpPart, method: 'GET', url: '/' })(value) as {
    value?: unknown;
    error?: unknown[];
  };

test.each([
  [{ count: '0' }, { count: 0 }],
  [{ count: '100' }, { count: 100 }],
  [
    { name: '1', all: 'true' },
    { name: '1', all: true },
  ],
  [
    { name: '', all: 'false' },
    { name: '', all: false },
  ],
  [{}, {}],
])('%j is read as %j', (query, expected) => {
  expect(validate('querystring', query)).toEqual({ value: expected });
});

test.each<Record<string, unknown>>([
  { count: '' },
  { count: '01' },
  { count: '1e1' },
  { count: '0x1' },
  { count: ' 1' },
  { count: '1.0' },
  { count: 'true' },
  { count: 'null' },
  { count: '-0' },
  { count: '-1' },
  { count: '101' },
  { count: ['1'] },
  { count: '99999999999999999999' },
  { all: '1' },
  { all: 'True' },
  { name: ['a', 'b'] },
  { other: 'x' },
  { toString: 'x' },
])('%j does not fit', (query) => {
  expect(validate('params', query).error?.length).toBeGreaterThan(0);
});

test('a body is taken as it is', () => {
  expect(validate('body', { count: 1 })).toEqual({ value: { count: 1 } });
  expect(validate('body', { count: '1' })).toHaveProperty('error');
});

test('headers are left to those who need them', () => {
  expect(validate('headers', { count: 'any' })).toEqual({ value: { count: 'any' } });
});

test('a key has 1,024 bytes of UTF-8 at most', () => {
  expect(checkedKey('\u20ac'.repeat(341))).toHaveLength(341);
  expect(() => checkedKey('\u20ac'.repeat(342))).toThrow(/key has 1026 bytes of UTF-8, and 1024/);
});
