// A DumbKV that was stored before a rule came, and breaks it: the API server takes changes of it
// all the same, by the user and by the operator, until what is refused now is itself touched. So
// rules may be added without a conversion, and an upgrade leaves nobody with an object that is
// stuck.
import { beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinition } from '../../../crds/definition.ts';
import { type Call, clientOf } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { until } from '../../support/until.ts';
import { dumbkv, makeNamespace, pathOf, refusalsIn, type Spec } from './object.ts';

const NAMESPACE = 'before';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ALIAS = 'nginx.ingress.kubernetes.io/server-alias';
const SPEC: Spec = {
  engine: 'postgres',
  postgres: { type: 'Managed', managed: { parameters: { jit_provider: 'x' } } },
  ingress: { host: 'a.example.com', annotations: { [ALIAS]: 'b.example.com' } },
  template: { labels: { 'cnpg.io/cluster': 'x' } },
};
const controlPlane = useControlPlane({ crd: false });
let call: Call;

/** Takes out all rules on maps. */
function withoutRules(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRules);
  if (typeof schema !== 'object' || schema === null) return schema;
  const isMap = 'additionalProperties' in schema;
  const entries = Object.entries(schema).filter(
    ([key]) => !isMap || key !== 'x-kubernetes-validations',
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutRules(value)]));
}

const change = (spec: Spec) => call('PATCH', pathOf(NAMESPACE, 'orders'), { spec });

beforeAll(async () => {
  call = clientOf(controlPlane());
  await makeNamespace(call, NAMESPACE);
  await call('POST', DEFINITIONS, withoutRules(customResourceDefinition()));
  await until('it is stored', async () => {
    const { status } = await call('POST', pathOf(NAMESPACE), dumbkv('orders', SPEC));
    return status === 201;
  });
  const path = `${DEFINITIONS}/dumbkvs.dumbkv.dev`;
  const { body } = await call('GET', path);
  await call('PUT', path, { ...body, spec: customResourceDefinition().spec });
  await until('the rules are there', async () => {
    const { status } = await call(
      'POST',
      `${pathOf(NAMESPACE)}?dryRun=All`,
      dumbkv('another', SPEC),
    );
    return status === 422;
  });
});

describe('an object that breaks later rules', () => {
  it('takes a status, and a change of anything else', async () => {
    const status = { deletionPolicy: 'Retain' };
    const told = await call('PATCH', pathOf(NAMESPACE, 'orders', 'status'), { status });
    expect(told.body.status).toEqual(status);
    const host = 'c.example.com';
    const changed = await change({ suspended: true, ingress: { host } });
    expect(changed.body.spec).toMatchObject({ ...SPEC, suspended: true, ingress: { host } });
  });

  it.each<[string, Spec]>([
    ['ingress.annotations', { ingress: { annotations: { timeout: '1s' } } }],
    ['template.labels', { template: { labels: { team: 'shop' } } }],
    ['postgres.managed.parameters', { postgres: { managed: { parameters: { work_mem: '8MB' } } } }],
  ])('is refused a change of %s itself, until it is right', async (field, spec) => {
    expect(refusalsIn(await change(spec)).map((one) => one.field)).toEqual([`spec.${field}`]);
  });
});
