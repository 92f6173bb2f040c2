// The TypeScript types, which come from the TypeBox schemas, against what the API server is told.
// The compiler checks the examples here; the schemas check them again as they run.
import { Value } from 'typebox/value';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { objectSchema } from '../../../crds/definition.ts';
import {
  type Condition,
  type DumbKV,
  DumbKVSpec,
  DumbKVStatus,
  type DumbKVSpec as Spec,
} from '../../../crds/schema.ts';
import { podTemplate } from '../../../operator/builders/pod-template.ts';
import { FULL_DUMBKV, FULL_SPECS } from './full-dumbkv.ts';

const MINIMAL: Spec = {
  engine: 'sqlite',
  replicas: 1,
  suspended: false,
  updatePolicy: 'Pinned',
  storage: { size: '1Gi', accessMode: 'ReadWriteOnce' },
  auth: { type: 'Token' },
  networkPolicy: { type: 'Restricted' },
  deletionPolicy: 'Retain',
  deletionProtection: false,
};

const fits = (schema: typeof DumbKVSpec | typeof DumbKVStatus, value: unknown) => [
  ...Value.Errors(schema, value),
];

describe('the type of the spec', () => {
  it.each([MINIMAL, ...FULL_SPECS])('takes what the schema takes (%#)', (spec) => {
    expect(fits(DumbKVSpec, spec)).toEqual([]);
  });

  it('has what the API server fills in as there, and the rest as optional', () => {
    expectTypeOf<Spec['storage']['size']>().toEqualTypeOf<string>();
    expectTypeOf<Spec['auth']['type']>().toEqualTypeOf<'Token' | 'None'>();
    expectTypeOf<Spec['deletionPolicy']>().toEqualTypeOf<'Retain' | 'Delete'>();
    expectTypeOf<Spec['storage']>().toMatchTypeOf<{ className?: string; volumeName?: string }>();
    expectTypeOf<Spec>().toMatchTypeOf<{ image?: string }>();
    const { default: filled } = objectSchema().properties?.spec ?? {};
    expect(filled).toEqual(MINIMAL);
  });

  it.each(Object.keys(MINIMAL))('does not do without %s, which is always filled in', (field) => {
    expect(fits(DumbKVSpec, { ...MINIMAL, [field]: undefined })).not.toEqual([]);
  });

  it.each([
    { engine: 'mysql' },
    { replicas: 1.5 },
    { replicas: 101 },
    { suspended: 'no' },
    { storage: { size: 1, accessMode: 'ReadWriteOnce' } },
    { ingress: {} },
    { auth: { type: 'Token', tokenSecretRef: {} } },
  ])('is at least as strict as the API server: %j', (wrong) => {
    expect(fits(DumbKVSpec, { ...MINIMAL, ...wrong })).not.toEqual([]);
  });
});

describe('the type of the status', () => {
  it('takes an empty status and a full one', () => {
    expect(fits(DumbKVStatus, {})).toEqual([]);
    expect(fits(DumbKVStatus, FULL_DUMBKV.status)).toEqual([]);
  });

  it('has conditions in the shape of Kubernetes', () => {
    expectTypeOf<Condition['status']>().toEqualTypeOf<'True' | 'False' | 'Unknown'>();
    expectTypeOf<Condition>().toMatchTypeOf<{ observedGeneration?: number; reason: string }>();
    expectTypeOf<NonNullable<DumbKV['status']>['conditions']>().toEqualTypeOf<
      Condition[] | undefined
    >();
  });
});

describe('the description of the resources', () => {
  it('tells the defaults that the operator gives', () => {
    const settings = { image: 'a', storeId: 'b' };
    const template = podTemplate({ ...FULL_DUMBKV, spec: MINIMAL }, settings);
    const { containers } = template.spec as { containers: { resources: object }[] };
    const amounts = JSON.stringify(containers[0]?.resources).match(/[0-9]+[a-zA-Z]+/g) ?? [];
    expect(amounts).toHaveLength(3);
    const { description } = objectSchema().properties?.spec?.properties?.resources ?? {};
    for (const amount of amounts) expect(description).toContain(`\`${amount}\``);
  });
});
