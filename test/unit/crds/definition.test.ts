// The CustomResourceDefinition as a whole: complete, bounded, described, and small enough to apply.
// What its rules do is tested against a real API server, in test/controller/crd.
import { describe, expect, it } from 'vitest';
import {
  customResourceDefinition,
  customResourceDefinitionYaml,
  objectSchema,
} from '../../../crds/definition.ts';
import type { Rule } from '../../../crds/fields.ts';
import { OBJECT_RULES } from '../../../crds/schema.ts';
import type { StructuralSchema } from '../../../crds/structural.ts';
import { FULL_DUMBKV, FULL_SPECS } from './full-dumbkv.ts';

const SIZE_MAX_BYTES = 64 * 1024;
const { spec, metadata } = customResourceDefinition();
const [version] = spec.versions;

/** Every schema below one, with its path; a list's items are `path[]`, a map's values `path.*`. */
function allBelow(path: string, schema: StructuralSchema): [string, StructuralSchema][] {
  const fields = Object.entries(schema.properties ?? {});
  const { items, additionalProperties } = schema;
  return [
    [path, schema],
    ...fields.flatMap(([name, field]) => allBelow(`${path}.${name}`, field)),
    ...(items ? allBelow(`${path}[]`, items) : []),
    ...(additionalProperties ? allBelow(`${path}.*`, additionalProperties) : []),
  ];
}

const { spec: specSchema = {}, status: statusSchema = {} } = objectSchema().properties ?? {};
const SCHEMAS = [...allBelow('spec', specSchema), ...allBelow('status', statusSchema)];

describe('the names', () => {
  it('are those that users type and manifests carry', () => {
    expect(spec.group).toBe('dumbkv.dev');
    expect(spec.scope).toBe('Namespaced');
    expect(spec.names).toEqual({
      kind: 'DumbKV',
      listKind: 'DumbKVList',
      plural: 'dumbkvs',
      singular: 'dumbkv',
      shortNames: ['dkv'],
      categories: ['dumbkv'],
    });
    expect(metadata.name).toBe(`${spec.names.plural}.${spec.group}`);
    expect(FULL_DUMBKV.apiVersion).toBe(`${spec.group}/${version?.name}`);
    expect(FULL_DUMBKV.kind).toBe(spec.names.kind);
  });

  it('have one version, which is served and stored', () => {
    expect(spec.versions).toHaveLength(1);
    expect(version).toMatchObject({ name: 'v1alpha1', served: true, storage: true });
  });

  it('tell on the CRD what it belongs to', () => {
    expect(metadata.labels).toEqual({
      'app.kubernetes.io/name': 'dumbkv',
      'app.kubernetes.io/part-of': 'dumbkv',
    });
  });
});

describe('what points into the schema', () => {
  const paths = new Set(SCHEMAS.map(([path]) => `.${path}`));

  it('finds its field: columns', () => {
    const plain = version?.additionalPrinterColumns
      .map(({ jsonPath }) => jsonPath.replace(/\[\?\(@\.type=="\w+"\)\]/, '[]'))
      .filter((path) => !path.startsWith('.metadata.'));
    expect(plain?.length).toBeGreaterThan(5);
    expect(plain?.filter((path) => !paths.has(path))).toEqual([]);
  });

  it('finds its field: scale and selectors', () => {
    const targets = [
      ...Object.values(version?.subresources.scale ?? {}),
      ...(version?.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
    ];
    expect(targets).toHaveLength(6);
    expect(targets.filter((path) => !paths.has(path))).toEqual([]);
  });

  it('finds its field: the place that a rule names', () => {
    const named = SCHEMAS.flatMap(([path, schema]) =>
      (schema['x-kubernetes-validations'] ?? []).map(
        ({ fieldPath = '' }) => `.${path}${fieldPath}`,
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !paths.has(path))).toEqual([]);
  });

  it('finds its field: the place that a rule on the whole object names', () => {
    const places = OBJECT_RULES.map(({ fieldPath }) => fieldPath);
    expect(places).toEqual(['.metadata.name', '.metadata.name', '.spec.storage.size']);
    expect(objectSchema().properties?.metadata?.properties).toHaveProperty('name');
  });
});

const expectHelpful = (rules: readonly Rule[]) => {
  for (const { message } of rules) {
    expect(message).toMatch(/must|cannot|set|takes|needs|belong/);
    expect(message).not.toMatch(/\.$| {2}|\n/);
    expect(message.length).toBeLessThan(200);
  }
};

describe('the rules on the whole object', () => {
  it('say what is wrong and what to do', () => expectHelpful(OBJECT_RULES));
});

describe.each(SCHEMAS)('%s', (_path, schema) => {
  it('is described in full sentences', () => {
    expect(schema.description).toMatch(/^[A-Z`].*[.]$/s);
    expect(schema.description).not.toMatch(/ {2}|\n/);
  });

  it('is bounded', () => {
    const { type, enum: words, maxLength, maxItems, additionalProperties, maxProperties } = schema;
    if (type === 'string' && !words) expect(maxLength).toBeGreaterThan(0);
    if (type === 'array') expect(maxItems).toBeGreaterThan(0);
    if (additionalProperties) expect(maxProperties).toBeGreaterThan(0);
    expect(['string', 'array', 'object', 'integer', 'boolean']).toContain(type);
  });

  it('says in each rule what is wrong and what to do', () => {
    expectHelpful(schema['x-kubernetes-validations'] ?? []);
  });
});

const MAPS = [
  'spec.networkPolicy.from[].namespaceLabels',
  'spec.networkPolicy.from[].podLabels',
  ...['spec.ingress.annotations', 'spec.postgres.managed.parameters', 'status.hosts'],
  'spec.postgres.cloudNativePG.parameters',
  ...['labels', 'annotations', 'nodeSelector'].map((field) => `spec.template.${field}`),
];

describe('the examples that are typed as the operator sees them', () => {
  const used = new Set<string>();
  const walk = (path: string, value: unknown): void => {
    used.add(path);
    if (Array.isArray(value)) for (const item of value) walk(`${path}[]`, item);
    else if (MAPS.includes(path)) used.add(`${path}.*`);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, below] of Object.entries(value)) walk(`${path}.${name}`, below);
    }
  };
  for (const example of FULL_SPECS) walk('spec', example);
  walk('status', FULL_DUMBKV.status);

  it('use every field of the schema, and none that it does not have', () => {
    expect([...used].sort()).toEqual(SCHEMAS.map(([path]) => path).sort());
  });
});

describe('the YAML', () => {
  const yaml = customResourceDefinitionYaml();

  it('opens with where it comes from', () => {
    expect(yaml).toMatch(/^# Generated from crds\/schema\.ts by `npm run generate:crds`.*\napiV/);
  });

  it('is small enough to be applied and kept by every client', () => {
    expect(Buffer.byteLength(yaml)).toBeLessThan(SIZE_MAX_BYTES);
  });

  it('comes out the same each time, without anchors', () => {
    expect(customResourceDefinitionYaml()).toBe(yaml);
    expect(yaml).not.toMatch(/: [&*]\w/);
  });
});
