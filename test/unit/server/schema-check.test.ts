// A check by a schema: what it says, and that nothing is compiled before it is needed.
// What the messages of replies become of it is tested in test/server/http-body.test.ts.
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { SchemaCheck } from '../../../server/schema-check.ts';

const Named = Type.Object({ name: Type.String({ minLength: 2 }) }, { additionalProperties: false });

test('a value that fits has nothing said against it', () => {
  const check = new SchemaCheck(Named);
  expect(check.fits({ name: 'ab' })).toBe(true);
  expect(check.complaints({ name: 'ab' })).toEqual([]);
});

test.each([
  ['a field that is too short', { name: 'a' }, [['minLength', '/name']]],
  ['a field that is of another type', { name: 1 }, [['type', '/name']]],
  ['a field that is missing', {}, [['required', '']]],
  ['no object', 'ab', [['type', '']]],
] as const)('%s is told by its place', (_, value, expected) => {
  const check = new SchemaCheck(Named);
  expect(check.fits(value)).toBe(false);
  const told = check.complaints(value).map(({ keyword, instancePath }) => [keyword, instancePath]);
  expect(told).toEqual(expected);
});

test('complaints can be asked for without asking whether it fits', () => {
  expect(new SchemaCheck(Named).complaints({})).toHaveLength(1);
});

test('a schema is looked at when something is checked by it, and then no more', () => {
  let looks = 0;
  const watched = new Proxy(Type.String(), {
    ownKeys: (schema) => {
      looks += 1;
      return Reflect.ownKeys(schema);
    },
    get: (schema, member, receiver) => {
      looks += 1;
      return Reflect.get(schema, member, receiver);
    },
  });
  const check = new SchemaCheck(watched);
  expect(looks).toBe(0);
  expect(check.fits('text')).toBe(true);
  const looksOfOne = looks;
  expect(looksOfOne).toBeGreaterThan(0);
  expect(check.fits(1)).toBe(false);
  expect(looks).toBe(looksOfOne);
});
