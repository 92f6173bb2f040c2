// The CEL rules of the CRD in a real API server: each refuses some examples and takes the others.
// A rule without examples fails here too.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { StructuralSchema } from '../../../crds/structural.ts';
import { type Answer, type Call, clientOf } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { dumbkv, makeNamespace, pathOf, refusalsIn, type Spec } from './object.ts';
import type { RuleExamples } from './rule-example.ts';
import { RULE_EXAMPLES } from './rule-examples.ts';

const controlPlane = useControlPlane();
const NAMESPACE = 'rules';
const DRY_RUN = '?dryRun=All';
let call: Call;

beforeAll(async () => {
  call = clientOf(controlPlane());
  await makeNamespace(call, NAMESPACE);
});

const create = (name: string, spec: Spec, query = DRY_RUN): Promise<Answer> =>
  call('POST', pathOf(NAMESPACE) + query, dumbkv(name, spec));

/** Sends each spec, as a new object or as a change of `before`, and gives what was found wrong. */
async function answersTo({ before, status }: RuleExamples, specs: Spec[]) {
  if (!before) return Promise.all(specs.map(async (spec) => refusalsIn(await create('new', spec))));
  const path = pathOf(NAMESPACE, 'changed');
  const made = await create('changed', before, '');
  expect(made.status).toBe(201);
  const { body } = await call('PATCH', pathOf(NAMESPACE, 'changed', 'status'), { status });
  const { resourceVersion } = body.metadata;
  const change = async (spec: Spec) => {
    const { metadata, ...object } = dumbkv('changed', spec);
    const changed = { ...object, metadata: { ...metadata, resourceVersion } };
    return refusalsIn(await call('PUT', path + DRY_RUN, changed));
  };
  const answers = await Promise.all(specs.map(change));
  expect((await call('DELETE', path)).status).toBe(200);
  return answers;
}

describe.each(RULE_EXAMPLES)('$at: $message', (examples) => {
  const { at, message, field = at.replaceAll('[]', '[0]'), refused, accepted } = examples;

  it('refuses what breaks it, naming the field and what to do', async () => {
    expect(refused).not.toHaveLength(0);
    const awaited = [{ field, message: expect.stringContaining(message) }];
    const answers = await answersTo(examples, refused);
    for (const [index, answer] of answers.entries()) {
      expect(answer, JSON.stringify(refused[index])).toEqual(awaited);
    }
  });

  it('takes what keeps it', async () => {
    expect(accepted).not.toHaveLength(0);
    const answers = await answersTo(examples, accepted);
    for (const [index, answer] of answers.entries()) {
      expect(answer, JSON.stringify(accepted[index])).toEqual([]);
    }
  });
});

const NAME_RULES = [
  {
    at: '',
    message: 'metadata.name must have at most 40 characters: make it shorter',
    refused: ['a'.repeat(41), 'a'.repeat(63)],
    accepted: ['a'.repeat(40)],
  },
  {
    at: '',
    message: 'metadata.name must begin with a lower-case letter, contain only lower-case letters',
    refused: ['1st', 'orders.shop', '0'],
    accepted: ['a', 'first-1', 'a--b'],
  },
];

describe.each(NAME_RULES)('$message', ({ message, refused, accepted }) => {
  it.each(refused)('refuses %s', async (name) => {
    const causes = refusalsIn(await create(name, {}));
    expect(causes).toEqual([{ field: 'metadata.name', message: expect.stringContaining(message) }]);
  });

  it.each(accepted)('takes %s', async (name) => {
    expect(refusalsIn(await create(name, {}))).toEqual([]);
  });
});

describe('the examples', () => {
  it('cover every rule of the YAML, and nothing else', () => {
    const path = new URL('../../../crds/dumbkv.dev_dumbkvs.yaml', import.meta.url);
    const crd = parse(readFileSync(path, 'utf8'));
    const inYaml = rulesIn('', crd.spec.versions[0].schema.openAPIV3Schema);
    expect(inYaml.length).toBeGreaterThan(25);
    const examples = [...RULE_EXAMPLES, ...NAME_RULES];
    const isFor = (rule: { at: string; message: string }) => (one: (typeof examples)[number]) =>
      one.at === rule.at && rule.message.startsWith(one.message);
    expect(inYaml.filter((rule) => !examples.some(isFor(rule)))).toEqual([]);
    expect(examples.filter((one) => !inYaml.some((rule) => isFor(rule)(one)))).toEqual([]);
  });
});

/** Every rule below a schema, with its place. */
function rulesIn(at: string, schema: StructuralSchema): { at: string; message: string }[] {
  const own = schema['x-kubernetes-validations'] ?? [];
  const under = (name: string) => (at ? `${at}.${name}` : name);
  const fields = Object.entries(schema.properties ?? {});
  const below: [string, StructuralSchema | undefined][] = [
    ...fields.map(([name, one]): [string, StructuralSchema] => [under(name), one]),
    [`${at}[]`, schema.items],
    [under('*'), schema.additionalProperties],
  ];
  return [
    ...own.map(({ message }) => ({ at, message })),
    ...below.flatMap(([place, one]) => (one ? rulesIn(place, one) : [])),
  ];
}
