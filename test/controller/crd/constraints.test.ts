// The bounds of the CRD in a real API server: what lies just beyond each is refused by name.
// What lies on them is taken, and an unknown field is an error or dropped, as the client asks.
import { beforeAll, describe, expect, it } from 'vitest';
import { objectSchema } from '../../../crds/definition.ts';
import { BOUNDS } from '../../../crds/fields.ts';
import { type Call, clientOf } from '../../support/control-plane-client.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { FULL_DUMBKV, FULL_SPECS } from '../../unit/crds/full-dumbkv.ts';
import { dumbkv, makeNamespace, pathOf, refusalsIn } from './object.ts';
import { violationsOf } from './violations.ts';

const controlPlane = useControlPlane();
const NAMESPACE = 'constraints';
const { spec: specSchema = {}, status: statusSchema = {} } = objectSchema().properties ?? {};
let call: Call;
let stored: object;

beforeAll(async () => {
  call = clientOf(controlPlane());
  await makeNamespace(call, NAMESPACE);
  const answer = await call('POST', pathOf(NAMESPACE), dumbkv('orders', { ...FULL_DUMBKV.spec }));
  expect(answer.status).toBe(201);
  stored = answer.body;
});

const create = (object: object, query = '') =>
  call('POST', `${pathOf(NAMESPACE)}?dryRun=All${query}`, object);
const putStatus = (object: object) =>
  call('PUT', `${pathOf(NAMESPACE, 'orders', 'status')}?dryRun=All`, object);

describe('a bound of the spec', () => {
  const all = FULL_SPECS.flatMap((spec) =>
    violationsOf(specSchema, dumbkv('new', { ...spec }), ['spec']),
  );
  const violations = [...new Map(all.map((one) => [`${one.field} ${one.bound}`, one])).values()];

  it.each(violations)('$field: $bound', async ({ field, object, says }) => {
    const about = refusalsIn(await create(object)).filter((one) => one.field === field);
    expect(about).toContainEqual({ field, message: expect.stringMatching(says) });
  });

  it('is broken by an example for each field', () => {
    const fields = new Set(violations.map(({ field }) => field));
    expect(fields.size).toBeGreaterThan(50);
  });
});

describe('a bound of the status', () => {
  const { status } = FULL_DUMBKV;

  it.each(violationsOf(statusSchema, { status }, ['status']))(
    '$field: $bound',
    async ({ field, object, says }) => {
      const about = refusalsIn(await putStatus({ ...stored, ...object })).filter(
        (one) => one.field === field,
      );
      expect(about).toContainEqual({ field, message: expect.stringMatching(says) });
    },
  );

  it('takes a status that uses every field', async () => {
    const answer = await putStatus({ ...stored, status });
    expect(refusalsIn(answer)).toEqual([]);
    expect(answer.body.status).toEqual(status);
  });

  it('takes each condition once', async () => {
    const conditions = [...(status?.conditions ?? []), ...(status?.conditions ?? [])];
    const refusals = refusalsIn(await putStatus({ ...stored, status: { conditions } }));
    expect(refusals).toEqual([
      { field: 'status.conditions[1]', message: expect.stringContaining('Duplicate value') },
    ]);
  });
});

describe('the spec', () => {
  it.each(FULL_SPECS)('is taken as it stands when every field is used (%#)', async (spec) => {
    const answer = await create(dumbkv('new', { ...spec }));
    expect(refusalsIn(answer)).toEqual([]);
    expect(answer.body.spec).toEqual(spec);
  });

  it('is taken at its upper bounds', async () => {
    const name = `${`${'a'.repeat(62)}.`.repeat(4)}a`;
    expect(name).toHaveLength(BOUNDS.objectNameLength);
    const entries = Array.from({ length: BOUNDS.annotations }, (_, index) => [
      `key-${index}`,
      'a'.repeat(BOUNDS.annotationValueLength),
    ]);
    const spec = {
      image: `${'a/'.repeat(BOUNDS.imageLength / 2 - 1)}aa`,
      storage: { size: `${'0'.repeat(BOUNDS.quantityLength - 3)}1Gi`, className: name },
      ingress: { host: name, annotations: Object.fromEntries(entries), tls: { issuer: name } },
    };
    expect(refusalsIn(await create(dumbkv('a'.repeat(BOUNDS.nameLength), spec)))).toEqual([]);
  });

  it('refuses an unknown field to a client that asks for it, as kubectl does', async () => {
    const answer = await create(dumbkv('new', { replica: 1 }), '&fieldValidation=Strict');
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('unknown field "spec.replica"');
  });

  it('drops an unknown field otherwise', async () => {
    const spec = { replica: 1, storage: { siz: '2Gi' } };
    const answer = await create(dumbkv('new', spec), '&fieldValidation=Ignore');
    expect(answer.body.spec).not.toHaveProperty('replica');
    expect(answer.body.spec.storage).toEqual({ size: '1Gi', accessMode: 'ReadWriteOnce' });
  });
});
