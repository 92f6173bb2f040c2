// The manual's list of fields, written from the schema, so that the two cannot differ.
// `generate.ts` puts it between the marks of `docs/dumbkv.md`.
import { objectSchema } from './definition.ts';
import type { StructuralSchema } from './structural.ts';

const BEGIN = '<!-- fields: generated from crds/schema.ts by `npm run generate:crds` -->';
const END = '<!-- end of the fields -->';

/** The manual with its list of fields brought up to date; throws if it has lost its marks. */
export function withFieldList(manual: string): string {
  const [begin, end] = [manual.indexOf(BEGIN), manual.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new Error(`docs/dumbkv.md must have the lines "${BEGIN}" and "${END}", in this order`);
  }
  const [before, after] = [manual.slice(0, begin + BEGIN.length), manual.slice(end)];
  return `${before}\n\n${fieldList()}\n\n${after}`;
}

function fieldList(): string {
  const schema = objectSchema();
  const { metadata, spec = {}, status = {} } = schema.properties ?? {};
  const name = metadata?.properties?.name ?? {};
  const refusals = refusalsOf('', schema);
  return [
    ...entriesOf('metadata.name', name, refusals),
    ...entriesOf('spec', spec, refusals),
    ...entriesOf('status', status, refusals),
  ].join('\n\n');
}

interface Refusal {
  field: string;
  message: string;
}

/** What the rules of a schema and of all below it refuse, with the field that each is about. */
function refusalsOf(path: string, schema: StructuralSchema): Refusal[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message, fieldPath = '' }) => ({
    field: (path + fieldPath).replace(/^\./, ''),
    message,
  }));
  const below = Object.entries(schema.properties ?? {});
  const ofItems = schema.items === undefined ? [] : refusalsOf(`${path}[]`, schema.items);
  const ofFields = below.flatMap(([name, field]) => refusalsOf(`${path}.${name}`, field));
  return [...own, ...ofItems, ...ofFields];
}

/** The field itself, then all below it. */
function entriesOf(
  path: string,
  schema: StructuralSchema,
  refusals: Refusal[],
  isRequired = false,
): string[] {
  const { properties = {}, required = [] } = schema.items ?? schema;
  const prefix = schema.items ? `${path}[]` : path;
  const entries = Object.entries(properties).flatMap(([name, field]) =>
    entriesOf(`${prefix}.${name}`, field, refusals, required.includes(name)),
  );
  const own = refusals.filter(({ field }) => field === path || field === prefix);
  const lines = [`### ${code(path)}`, `${facts(schema, isRequired)}. ${schema.description}`];
  if (own.length > 0) lines.push(own.map(({ message }) => `- ${message}.`).join('\n'));
  return [lines.join('\n\n'), ...entries];
}

function facts(schema: StructuralSchema, isRequired: boolean): string {
  const { minimum, maximum, maxLength, minItems, maxItems, maxProperties } = schema;
  return [
    kindOf(schema),
    isRequired && 'required',
    minimum !== undefined && `at least ${minimum}`,
    maximum !== undefined && `at most ${maximum}`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    minItems !== undefined && `at least ${minItems}`,
    (maxItems ?? maxProperties) !== undefined && `at most ${maxItems ?? maxProperties} entries`,
  ]
    .filter((fact) => fact !== false)
    .join(', ');
}

function kindOf({ type, enum: words, items, additionalProperties }: StructuralSchema): string {
  if (words) return words.map((one) => code(String(one))).join(' or ');
  if (items) return 'List';
  if (additionalProperties) return 'Map of strings';
  return { string: 'String', integer: 'Integer', boolean: 'Boolean' }[type ?? ''] ?? 'Object';
}

const code = (text: string) => `\`${text}\``;
