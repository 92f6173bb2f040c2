// The translation of TypeBox schemas into structural schemas, kind by kind.
// What it cannot translate it must refuse: a keyword passed over is a rule that nobody runs.
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { structural } from '../../../crds/structural.ts';

describe('a default', () => {
  it('is told in the description, since kubectl explain shows no other', () => {
    const field = Type.String({ description: 'The size.', default: '1Gi' });
    expect(structural(field, 'size').description).toBe('The size. Default: `1Gi`.');
  });

  it('of an object is not: its fields tell theirs', () => {
    const object = Type.Object({}, { description: 'The volume.', default: {} });
    expect(structural(object, 'storage').description).toBe('The volume.');
  });
});

describe('a field', () => {
  it.each([
    [
      'string with its bounds',
      Type.String({ description: 'A name.', minLength: 1, maxLength: 9, pattern: '^a' }),
      { description: 'A name.', type: 'string', minLength: 1, maxLength: 9, pattern: '^a' },
    ],
    [
      'integer with its bounds, also when they are zero',
      Type.Integer({ minimum: 0, maximum: 0, format: 'int32', default: 0 }),
      { type: 'integer', format: 'int32', default: 0, minimum: 0, maximum: 0 },
    ],
    ['boolean', Type.Boolean({ default: false }), { type: 'boolean', default: false }],
    ['choice of words', Type.Enum(['a', 'b']), { type: 'string', enum: ['a', 'b'] }],
    ['choice of numbers', Type.Enum([1, 2]), { type: 'number', enum: [1, 2] }],
    [
      'list',
      Type.Array(Type.String({ maxLength: 2 }), { minItems: 1, maxItems: 3 }),
      { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', maxLength: 2 } },
    ],
    [
      'list that is a map by a key',
      Type.Array(Type.Object({ type: Type.String() }), {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
        items: { type: 'object', properties: { type: { type: 'string' } }, required: ['type'] },
      },
    ],
    [
      'map',
      Type.Record(Type.String(), Type.String({ maxLength: 4 }), { maxProperties: 2 }),
      {
        type: 'object',
        maxProperties: 2,
        additionalProperties: { type: 'string', maxLength: 4 },
      },
    ],
    [
      'rule',
      Type.String({ 'x-kubernetes-validations': [{ rule: 'self != ""', message: 'give one' }] }),
      {
        type: 'string',
        'x-kubernetes-validations': [{ rule: 'self != ""', message: 'give one' }],
      },
    ],
  ])('is translated: %s', (_kind, schema, expected) => {
    expect(structural(schema, 'spec')).toEqual(expected);
  });

  it('has its keywords in one order, however they were written', () => {
    const written = { default: 'a', maxLength: 3, type: 'string', description: 'A.' };
    expect(Object.keys(structural(written, 'spec'))).toEqual([
      'description',
      'type',
      'default',
      'maxLength',
    ]);
  });
});

describe('an object', () => {
  it('requires the fields that are neither optional nor filled in', () => {
    const schema = Type.Object({
      must: Type.String(),
      may: Type.Optional(Type.String()),
      filled: Type.Integer({ default: 1 }),
      filledWithNothing: Type.String({ default: '' }),
      off: Type.Boolean({ default: false }),
    });
    expect(structural(schema, 'spec').required).toEqual(['must']);
  });

  it('requires nothing rather than an empty list, which the API server refuses', () => {
    const schema = Type.Object({ may: Type.Optional(Type.String()) });
    expect(structural(schema, 'spec')).not.toHaveProperty('required');
  });

  it('keeps the order of its fields', () => {
    const schema = Type.Object({ z: Type.String(), a: Type.String(), m: Type.String() });
    expect(Object.keys(structural(schema, 'spec').properties ?? {})).toEqual(['z', 'a', 'm']);
  });

  it('has its default filled with the defaults below it', () => {
    const inner = Type.Object(
      { size: Type.String({ default: '1Gi' }), name: Type.Optional(Type.String()) },
      { default: {} },
    );
    const schema = Type.Object(
      { inner, on: Type.Boolean({ default: true }), plain: Type.Optional(Type.String()) },
      { default: {} },
    );
    const { default: value, properties } = structural(schema, 'spec');
    expect(value).toEqual({ inner: { size: '1Gi' }, on: true });
    expect(properties?.inner?.default).toEqual({ size: '1Gi' });
  });

  it('keeps what its default says against the defaults below it', () => {
    const schema = Type.Object({ on: Type.Boolean({ default: true }) }, { default: { on: false } });
    expect(structural(schema, 'spec').default).toEqual({ on: false });
  });
});

describe('what has no translation', () => {
  it.each([
    ['union', Type.Union([Type.String(), Type.Integer()]), 'anyOf'],
    ['constant', Type.Literal('a'), 'const'],
    ['closed object', Type.Object({}, { additionalProperties: false }), 'additionalProperties'],
    ['unique list', Type.Array(Type.String(), { uniqueItems: true }), 'uniqueItems'],
    ['exclusive bound', Type.Integer({ exclusiveMinimum: 0 }), 'exclusiveMinimum'],
    ['step', Type.Integer({ multipleOf: 2 }), 'multipleOf'],
    ['misspelt keyword', Type.String({ maxlength: 3 }), 'maxlength'],
  ])('is refused: %s', (_kind, schema, keyword) => {
    const translate = () => structural(Type.Object({ field: schema }), 'spec');
    expect(translate).toThrow(`spec.field: structural schemas have no "${keyword}"`);
  });

  it('is named with its place, in lists and maps too', () => {
    const closed = Type.Literal('a');
    expect(() => structural(Type.Array(closed), 'list')).toThrow('list[]: ');
    expect(() => structural(Type.Record(Type.String(), closed), 'map')).toThrow('map.*: ');
  });

  it('is a map with two kinds of value', () => {
    const patternProperties = { '^a': Type.String(), '^b': Type.Integer() };
    const translate = () => structural({ type: 'object', patternProperties }, 'spec.map');
    expect(translate).toThrow('spec.map: a map has one kind of value');
  });
});
