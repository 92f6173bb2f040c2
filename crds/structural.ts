// Turns a TypeBox schema into a structural schema: the subset of OpenAPI 3 that a CRD takes.
// `definition.ts` puts the result into the CRD, `manual.ts` writes the list of fields from it.
import type { Rule } from './fields.ts';

/** One node of a structural schema. */
export interface StructuralSchema {
  description?: string;
  type?: string;
  format?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  items?: StructuralSchema;
  properties?: Record<string, StructuralSchema>;
  additionalProperties?: StructuralSchema;
  required?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: readonly Rule[];
}

type Keywords = Readonly<Record<string, unknown>>;
type Translation = (value: never, path: string, schema: Keywords) => Partial<StructuralSchema>;

const taken = (keyword: string): [string, Translation] => [
  keyword,
  (value) => ({ [keyword]: value }),
];

/** What becomes of each keyword, in the order in which the YAML shows them. */
const TRANSLATIONS = new Map<string, Translation>([
  ...['description', 'type', 'format'].map(taken),
  ['default', defaultOf],
  ['enum', (values: unknown[]) => ({ type: typeof values[0], enum: [...values] })],
  ...['minimum', 'maximum', 'minLength', 'maxLength', 'pattern'].map(taken),
  ...['minItems', 'maxItems', 'maxProperties'].map(taken),
  ...['x-kubernetes-list-type', 'x-kubernetes-list-map-keys'].map(taken),
  ['items', (items: Keywords, path) => ({ items: structural(items, `${path}[]`) })],
  ['patternProperties', mapOf],
  ['properties', propertiesOf],
  ['required', requiredOf],
  ['x-kubernetes-validations', (list: Rule[]) => ({ 'x-kubernetes-validations': list })],
]);

/**
 * Translates a schema, and all below it. `path` is where it stands, for the error that a keyword
 * without a translation causes.
 */
export function structural(source: object, path: string): StructuralSchema {
  const schema = source as Keywords;
  const unknown = Object.keys(schema).find((keyword) => !TRANSLATIONS.has(keyword));
  if (unknown) {
    throw new Error(
      `${path}: structural schemas have no "${unknown}", or crds/structural.ts does not ` +
        'know it yet',
    );
  }
  const node: StructuralSchema = {};
  for (const [keyword, translation] of TRANSLATIONS) {
    if (keyword in schema) {
      Object.assign(node, translation(schema[keyword] as never, path, schema));
    }
  }
  return node;
}

// `kubectl explain` shows the description, and not the default
function defaultOf(value: unknown, _path: string, schema: Keywords): Partial<StructuralSchema> {
  const isTold = typeof value !== 'object' && schema.description !== undefined;
  return {
    ...(isTold ? { description: `${schema.description} Default: \`${value}\`.` } : {}),
    default: filledDefault(schema),
  };
}

function mapOf(patterns: Record<string, Keywords>, path: string): Partial<StructuralSchema> {
  const [values = {}, ...more] = Object.values(patterns);
  if (more.length > 0) throw new Error(`${path}: a map has one kind of value`);
  return { additionalProperties: structural(values, `${path}.*`) };
}

function propertiesOf(properties: Record<string, Keywords>, path: string) {
  const entries = Object.entries(properties).map(([name, schema]) => [
    name,
    structural(schema, `${path}.${name}`),
  ]);
  return { properties: Object.fromEntries(entries) };
}

// the API server fills in what has a default: the type says required, but a user may leave it out
function requiredOf(names: string[], _path: string, { properties }: Keywords) {
  const fields = properties as Record<string, Keywords>;
  const required = names.filter((name) => fields[name]?.default === undefined);
  return required.length > 0 ? { required } : {};
}

// the API server runs the rules on a default as it stands, before it fills in the defaults below it
function filledDefault({ default: value, properties = {} }: Keywords): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const below = Object.entries(properties as Record<string, Keywords>)
    .filter(([, schema]) => schema.default !== undefined)
    .map(([name, schema]) => [name, filledDefault(schema)]);
  return { ...Object.fromEntries(below), ...value };
}
