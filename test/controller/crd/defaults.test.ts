// What a real API server makes of a DumbKV that leaves things out.
// What it gives back must be what the operator's types promise.

import { Value } from 'typebox/value';
import { beforeAll, describe, expect, it } from 'vitest';
import { DumbKVSpec } from '../../../crds/schema.ts';
import { type Call, clientOf } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { dumbkv, makeNamespace, pathOf, refusalsIn, type Spec } from './object.ts';

const controlPlane = useControlPlane();
const NAMESPACE = 'defaults';
let call: Call;

const DEFAULTS = {
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

beforeAll(async () => {
  call = clientOf(controlPlane());
  await makeNamespace(call, NAMESPACE);
});

async function specGivenBack(spec?: Spec): Promise<unknown> {
  const answer = await call('POST', `${pathOf(NAMESPACE)}?dryRun=All`, dumbkv('orders', spec));
  expect(refusalsIn(answer)).toEqual([]);
  return answer.body.spec;
}

describe('what a DumbKV leaves out', () => {
  it.each([
    ['the spec', undefined],
    ['every field', {}],
    ['what is in storage and auth', { storage: {}, auth: {} }],
    ['values', { engine: null, replicas: null, storage: null, auth: { type: null } }],
  ] as [string, Spec | undefined][])('is filled in: %s', async (_what, spec) => {
    expect(await specGivenBack(spec)).toEqual(DEFAULTS);
  });

  it.each([
    { storage: { size: '3Gi' } },
    { storage: { accessMode: 'ReadWriteMany' } },
    { auth: { tokenSecretRef: { name: 'own' } } },
  ])('is filled in beside what is given: %j', async (spec) => {
    const filled = (await specGivenBack(spec)) as Spec;
    for (const [field, given] of Object.entries(spec)) {
      const before = DEFAULTS[field as keyof typeof DEFAULTS];
      expect(filled[field]).toEqual({ ...(before as object), ...given });
    }
  });

  it('stays out where there is no default: image, resources, ingress', async () => {
    expect(Object.keys((await specGivenBack({})) as Spec).sort()).toEqual(
      Object.keys(DEFAULTS).sort(),
    );
  });
});

describe("the operator's type", () => {
  it.each([{}, { ingress: { host: 'a.example' } }, { resources: { limits: {} }, image: 'a' }])(
    'fits what the API server gives back for %j',
    async (spec) => {
      expect([...Value.Errors(DumbKVSpec, await specGivenBack(spec))]).toEqual([]);
    },
  );
});
