// What an admission policy undoes where it matters: the owner of a claim, with which the sealing
// Secret must not go alone, and the image of a new generation, which is not there.
import { describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT, DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { mutateAlways, POLICY_ARGUMENTS } from './admission-policy.ts';
import { bringUp, serve, settledIn, useOperator } from './operator-suite.ts';

const suite = useOperator({}, { apiServerArguments: POLICY_ARGUMENTS });
const DELETING = { deletionPolicy: 'Delete' };

const jsonPatch = (operation: string) => ({
  patchType: 'JSONPatch',
  jsonPatch: { expression: `[JSONPatch{${operation}}]` },
});

/** No claim of the namespace has an owner from now on. */
async function disownClaims(place: Place): Promise<void> {
  await mutateAlways(place, {
    resource: 'persistentvolumeclaims',
    condition: 'has(object.metadata.ownerReferences)',
    mutation: jsonPatch('op: "remove", path: "/metadata/ownerReferences"'),
  });
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }];
  const spec = {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  };
  await until('the policy holds', async () => {
    const path = `/api/v1/namespaces/${place.namespace}/persistentvolumeclaims?dryRun=All`;
    const metadata = { name: 'probe', ownerReferences };
    const { status, body } = await place.call('POST', path, { metadata, spec });
    expect(status, body.message).toBe(201);
    return body.metadata.ownerReferences === undefined;
  });
}

const ownersIn = async (place: Place) => [
  (await place.get(CLAIM, 'orders-data')).metadata.ownerReferences ?? [],
  (await place.get(SECRET, 'orders-sealing')).metadata.ownerReferences ?? [],
];

describe.concurrent('a policy that takes the owner off claims', () => {
  it.each([
    ['from the first write on', true],
    ['when the deletion policy becomes Delete', false],
  ])('%s, leaves the sealing Secret without one too', async (_case, isNew) => {
    const place = await suite.place();
    if (!isNew) await bringUp(place);
    await disownClaims(place);
    if (isNew) await bringUp(place, DELETING);
    else await place.change(DUMBKV, 'orders', { spec: DELETING });
    await serve(place);
    await settledIn(place, suite.run());
    expect(await ownersIn(place)).toEqual([[], []]);
    expect((await place.get(DUMBKV, 'orders')).status.deletionPolicy).toBe('Retain');
  });
});

describe.concurrent('a policy that undoes a new image', () => {
  it('stalls the instance until it is mended', async () => {
    const place = await suite.place();
    await bringUp(place);
    const { spec } = await place.get(DEPLOYMENT, 'orders');
    const path = '/spec/template/spec/containers/0/image';
    const [{ image }] = spec.template.spec.containers;
    await mutateAlways(place, {
      group: 'apps',
      resource: 'deployments',
      mutation: jsonPatch(`op: "replace", path: "${path}", value: "${image}"`),
    });
    await until('the policy holds', async () => {
      await place.change(DUMBKV, 'orders', {
        spec: { image: `images.example/dumbkv-server:${Date.now()}` },
      });
      await settledIn(place, suite.run());
      const deployment = await place.get(DEPLOYMENT, 'orders');
      return deployment.spec.template.spec.containers[0].image === image;
    });
    const { message } = await place.untilReason('orders', 'Undone', 'Stalled');
    expect(message).toContain('Deployment "orders" was written, but spec.template');
    const name = `always-deployments-${place.namespace}`;
    const api = '/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicybindings';
    await place.call('DELETE', `${api}/${name}`);
    await serve(place);
  });
});
