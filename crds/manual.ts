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
  const { spec = {}, status = {} } = objectSchema().properties ?? {};
  return [...entriesOf('spec', spec), ...entriesOf('status', status)].join('\n\n');
}

/** The field itself, then all below it. */
function entriesOf(path: string, schema: StructuralSchema): string[] {
  const below = schema.properties ?? schema.items?.properties ?? {};
  const prefix = schema.items ? `${path}[]` : path;
  const entries = Object.entries(below).flatMap(([name, field]) =>
    entriesOf(`${prefix}.${name}`, field),
  );
  return [entry(path, schema), ...entries];
}

function entry(path: string, schema: StructuralSchema): string {
  const refusals = (schema['x-kubernetes-validations'] ?? []).map(
    ({ message, fieldPath = '' }) => `- ${code(path + fieldPath)}: ${message}.`,
  );
  const lines = [`### ${code(path)}`, `${facts(schema)}. ${schema.description}`];
  return [...lines, ...(refusals.length > 0 ? [refusals.join('\n')] : [])].join('\n\n');
}

function facts(schema: StructuralSchema): string {
  const { default: value, minimum, maximum, maxLength, maxItems, maxProperties } = schema;
  const plain = value !== undefined && typeof value !== 'object';
  return [
    kindOf(schema),
    minimum !== undefined && `at least ${minimum}`,
    maximum !== undefined && `at most ${maximum}`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    (maxItems ?? maxProperties) !== undefined && `at most ${maxItems ?? maxProperties} entries`,
    plain && `default ${code(String(value))}`,
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
