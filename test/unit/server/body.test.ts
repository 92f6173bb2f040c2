// What a client is told of a body that does not fit: each field once, in words, and bounded.
// Which bodies fit is tested in test/server/http-body.test.ts.

import type { FastifySchemaValidationError } from 'fastify';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { describe as tell } from '../../../server/body.ts';
import { EntryBody } from '../../../server/schemas.ts';

const entry = Compile(EntryBody);

const told = (body: unknown): string =>
  tell(entry.Errors(body) as unknown as FastifySchemaValidationError[]);

const FITTING = { key: 'k', value: 'v' };

test.each([
  ['nothing', null, 'it must be object'],
  ['a list', [], 'it must be object'],
  ['no members', {}, 'key is missing; value is missing'],
  ['an empty key', { ...FITTING, key: '' }, 'key must not be empty'],
  ['a number as key', { ...FITTING, key: 7 }, 'key must be string'],
  ['null as value', { ...FITTING, value: null }, 'value must be string'],
  ['a text as database', { ...FITTING, database: '1' }, 'database must be integer'],
  ['a negative database', { ...FITTING, database: -1 }, 'database must be >= 0'],
  [
    'a database that is too high',
    { ...FITTING, database: 2 ** 31 },
    'database must be <= 2147483647',
  ],
  ['half a pair in a key', { ...FITTING, key: 'a\uD800' }, 'key has half a surrogate pair'],
  ['half a pair in a value', { ...FITTING, value: '\uDC00' }, 'value has half a surrogate pair'],
  ['an unknown member', { ...FITTING, ttl: 1 }, 'ttl is not known here'],
])('%s: %#', (_, body, sentence) => {
  expect(told(body)).toContain(`The body does not fit: ${sentence}`);
});

test('several mistakes make one sentence', () => {
  const sentence = told({ database: 1.5, key: 1, extra: 1 });
  expect(sentence).toMatch(/^The body does not fit: .*\.$/);
  for (const part of ['value is missing', 'extra is', 'database must', 'key must']) {
    expect(sentence).toContain(part);
  }
});

test('no more than five fields are named', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field${i}`, 1]));
  const sentence = told({ ...FITTING, ...many });
  expect(sentence.match(/is not known here/g)).toHaveLength(5);
  expect(sentence).toContain('; and more.');
});

test('a long name from a client is cut', () => {
  const sentence = told({ ...FITTING, ['x'.repeat(5_000)]: 1 });
  expect(sentence.length).toBeLessThan(200);
  expect(sentence).toContain('x… is not known here');
});

test('a name from a client cannot break out of its line', () => {
  expect(told({ ...FITTING, 'a\n"b': 1 })).toContain('a\\n\\"b is not known here');
});

test('a name with a slash or a tilde is told as it was sent', () => {
  expect(told({ ...FITTING, 'a/b~c': 1 })).toContain('a/b~c is not known here');
});
