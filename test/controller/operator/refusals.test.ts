// A child that the API server refuses for what is in it: the instance says so in the words of the
// refusal, the rest goes on, it is tried now and then, and it heals when what was asked is mended.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, INGRESS } from '../../../operator/api/resources.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();
const KEY = 'example.com/refused';
const MESSAGE = 'this is refused here';

/** A policy that refuses Ingresses of a namespace with a certain annotation. */
async function refuseAnnotation(place: Place): Promise<void> {
  const api = '/apis/admissionregistration.k8s.io/v1';
  const name = `none-${place.namespace}`;
  const rule = { apiGroups: [INGRESS.group], apiVersions: ['v1'], resources: [INGRESS.plural] };
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } };
  const refused = `has(object.metadata.annotations) && '${KEY}' in object.metadata.annotations`;
  const policy = await place.call('POST', `${api}/validatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: {
        resourceRules: [{ ...rule, operations: ['CREATE', 'UPDATE'] }],
        namespaceSelector,
      },
      validations: [{ expression: `!(${refused})`, message: MESSAGE }],
    },
  });
  expect(policy.status, policy.body.message).toBe(201);
  const binding = await place.call('POST', `${api}/validatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  expect(binding.status, binding.body.message).toBe(201);
  const spec = { rules: [{ host: 'probe.example.com' }] };
  await until('the policy holds', async () => {
    const metadata = { name: 'probe', annotations: { [KEY]: 'x' } };
    const made = await place.make(INGRESS, { metadata, spec }).catch(() => undefined);
    if (made !== undefined) await place.remove(INGRESS, 'probe');
    return made === undefined;
  });
}

/** One DumbKV alone may have a host, so each namespace has its own. */
const asked = ({ namespace }: Place, annotations: ApiObject | null) => ({
  spec: { ingress: { host: `${namespace}.example.com`, annotations } },
});

/** The refusal is told, and what is tried since then is the one child, now and then. */
async function expectStalled(place: Place): Promise<void> {
  const { message } = await place.untilReason('orders', 'ChildRejected', 'Stalled');
  expect(message).toContain('ingresses');
  expect(message).toContain(MESSAGE);
  const { client, log } = suite.run();
  const begin = client.writes(place.namespace).length;
  const since = () => client.writes(place.namespace).slice(begin);
  await until('it was tried twice more', () => since().length >= 2);
  const tried = since().map(({ verb, kind, name, answered }) => [verb, kind, name, answered]);
  expect(new Set(tried.map(String))).toEqual(new Set(['apply,Ingress,orders,false']));
  // an error would have it tried again at once
  expect(log.join('')).not.toMatch(new RegExp(`"level":50.*${place.namespace}`));
}

describe.concurrent('an Ingress that is refused for its annotations', () => {
  it('stalls an instance that has none yet, which serves inside, and heals', async () => {
    const place = await suite.place();
    await refuseAnnotation(place);
    await place.dumbkv('orders', asked(place, { [KEY]: 'x' }).spec);
    await expectStalled(place);
    expect(await place.find(DEPLOYMENT, 'orders')).toBeDefined();
    expect(await place.find(INGRESS, 'orders')).toBeUndefined();
    await place.change(DUMBKV, 'orders', asked(place, null));
    await serve(place);
    expect(await place.conditions('orders')).not.toHaveProperty('Stalled');
  });

  it('stalls an instance that has one, which stays as it was with what others added', async () => {
    const place = await suite.place();
    await refuseAnnotation(place);
    await bringUp(place, asked(place, { 'example.com/fine': 'x' }).spec);
    await place.apply(INGRESS, 'orders', { spec: { ingressClassName: 'theirs' } });
    const before = await place.get(INGRESS, 'orders');
    await place.change(DUMBKV, 'orders', asked(place, { [KEY]: 'x' }));
    await expectStalled(place);
    expect(await place.get(INGRESS, 'orders')).toEqual(before);
    await place.change(DUMBKV, 'orders', asked(place, { [KEY]: null, 'example.com/fine': 'y' }));
    await serve(place);
    const { metadata, spec } = await place.get(INGRESS, 'orders');
    expect(metadata.annotations).toMatchObject({ 'example.com/fine': 'y' });
    expect(spec.ingressClassName).toBe('theirs');
  });
});
