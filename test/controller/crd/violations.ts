// From each bound of the schema a value just beyond it, put into an object that is otherwise sound.
// `constraints.test.ts` sends each to a real API server, so that no bound stands only on paper.
import type { StructuralSchema } from '../../../crds/structural.ts';

/** One object with one thing wrong. */
export interface Violation {
  /** The field as a refusal names it, and the bound that it breaks. */
  field: string;
  bound: string;
  object: object;
  /** What the refusal must say. */
  says: RegExp;
}

type Place = (string | number)[];

/** Every violation of every bound that `schema` sets for what `object` has at `place`. */
export function violationsOf(schema: StructuralSchema, object: object, place: Place): Violation[] {
  const own = brokenValues(schema, at(object, place)).map(([bound, value, says]) => ({
    field: fieldOf(place),
    bound,
    object: withValue(object, place, value),
    says,
  }));
  return [...own, ...missingFields(schema, object, place), ...below(schema, object, place)];
}

function below(schema: StructuralSchema, object: object, place: Place): Violation[] {
  const here = at(object, place);
  if (typeof here !== 'object' || here === null) return [];
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => name in here);
  return [
    ...fields.flatMap(([name, field]) => violationsOf(field, object, [...place, name])),
    ...(schema.items ? violationsOf(schema.items, object, [...place, 0]) : []),
    ...Object.keys(schema.additionalProperties ? here : {}).flatMap((key) =>
      violationsOf(schema.additionalProperties ?? {}, object, [...place, key]),
    ),
  ];
}

type Broken = [bound: string, value: unknown, says: RegExp];

/** For each bound of one field a value that breaks it, and no other if that can be. */
function brokenValues(schema: StructuralSchema, value: unknown): Broken[] {
  const { type, format, minimum, maximum, minLength, maxLength, pattern } = schema;
  const { enum: words, minItems, maxItems, maxProperties } = schema;
  const broken: (Broken | false)[] = [
    ['type', type === 'string' ? 7 : 'seven', new RegExp(`must be of type (${type}|${format})`)],
    words !== undefined && ['enum', 'Nonsense', /Unsupported value: "Nonsense"/],
    minimum !== undefined && ['minimum', minimum - 1, /should be greater than or equal to/],
    maximum !== undefined && ['maximum', maximum + 1, /should be less than or equal to/],
    minLength !== undefined && ['minLength', 'a'.repeat(minLength - 1), /at least 1 chars long/],
    maxLength !== undefined && ['maxLength', 'a'.repeat(maxLength + 1), /Too long/],
    pattern !== undefined && ['pattern', '!', /should match/],
    format === 'date-time' && ['format', 'yesterday', /must be of type date-time/],
    minItems !== undefined && ['minItems', [], /should have at least/],
    maxItems !== undefined && ['maxItems', copies(value, maxItems + 1), /must have at most/],
    maxProperties !== undefined && [
      'maxProperties',
      Object.fromEntries(
        Array.from({ length: maxProperties + 1 }, (_, index) => [`a${index}`, '']),
      ),
      /must have at most/,
    ],
  ];
  return broken.filter((one) => one !== false);
}

// items of a list map differ in their key, which is `type` in the only list that there is
function copies(list: unknown, length: number): unknown[] {
  const [first] = list as [object | string];
  if (typeof first === 'string') return Array.from({ length }, () => first);
  return Array.from({ length }, (_, index) => ({ ...first, type: `Type${index}` }));
}

function missingFields({ required = [] }: StructuralSchema, object: object, place: Place) {
  return required.map((name) => ({
    field: fieldOf([...place, name]),
    bound: 'required',
    object: withValue(object, [...place, name], undefined),
    says: /Required value/,
  }));
}

/** `spec.a[0].b`, as the API server writes it. */
const fieldOf = (place: Place): string =>
  place
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);

const at = (object: object, place: Place): unknown =>
  place.reduce<unknown>((value, part) => (value as Record<string, unknown>)?.[part], object);

/** A copy of the object with another value at one place; undefined removes the field. */
function withValue(object: object, place: Place, value: unknown): object {
  const copy = structuredClone(object);
  const parent = at(copy, place.slice(0, -1)) as Record<string, unknown>;
  parent[place.at(-1) as string] = value;
  return copy;
}
