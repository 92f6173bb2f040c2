// The children of an instance: what is taken away or changed comes back as it was, and what others
// added stays.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  DISRUPTION_BUDGET,
  DUMBKV,
  INGRESS,
  NETWORK_POLICY,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { type Child, OWNED, WATCHED, WITH_ALL_CHILDREN } from './child-kinds.ts';
import { bringUp, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();

/** The parts of an object that the operator answers for: all but what the API server counts. */
function substance({ metadata, status: _, ...fields }: ApiObject): ApiObject {
  const { name, labels, annotations, ownerReferences } = metadata;
  return { ...fields, metadata: { name, labels, annotations, ownerReferences } };
}

/** The object of this name that has another uid than before. */
function remade(place: Place, type: ResourceType, name: string, uid: string): Promise<ApiObject> {
  return until(`${type.kind} ${name} is made anew`, async () => {
    const found = await place.find(type, name);
    return found !== undefined && found.metadata.uid !== uid && found;
  });
}

describe.concurrent('a child that is deleted', () => {
  it.each(OWNED)('comes back: $type.kind $name', async ({ type, name }) => {
    const place = await suite.place();
    await bringUp(place, WITH_ALL_CHILDREN);
    const before = await place.get(type, name);
    await place.remove(type, name);
    const after = await remade(place, type, name, before.metadata.uid);
    const { clusterIP: _, clusterIPs: __, ...spec } = substance(after).spec ?? {};
    expect(before.spec ?? {}).toMatchObject(spec);
    expect(substance(after).metadata).toEqual(substance(before).metadata);
    await serve(place);
  });

  it.each([CONFIG_MAP, SECRET])('comes back at the next look: $kind of Postgres', async (type) => {
    const place = await suite.place();
    await bringUp(place, WITH_ALL_CHILDREN);
    const before = await place.get(type, 'orders-postgres');
    await place.remove(type, 'orders-postgres');
    await place.touch('orders');
    const after = await remade(place, type, 'orders-postgres', before.metadata.uid);
    expect(substance(after).metadata).toEqual(substance(before).metadata);
    // a password is made anew, and Postgres gets it with the new Secret
    if (type === CONFIG_MAP) expect(after.data).toEqual(before.data);
    else expect(after.data.password).not.toBe(before.data.password);
    await serve(place);
    const { template } = (await place.get(STATEFUL_SET, 'orders-postgres')).spec;
    const uid = template.metadata.annotations['dumbkv.dev/credentials-uid'];
    expect(uid).toBe((await place.get(SECRET, 'orders-postgres')).metadata.uid);
  });

  it('comes back with a new token, where it is the token, at the next look', async () => {
    const place = await suite.place();
    await bringUp(place);
    const { uid } = (await place.get(SECRET, 'orders-token')).metadata;
    await place.remove(SECRET, 'orders-token');
    await place.touch('orders');
    const { data } = await remade(place, SECRET, 'orders-token', uid);
    expect(Buffer.from(data.token, 'base64').toString()).toMatch(/^[\w-]{43}$/);
  });
});

describe.concurrent('a child that is changed by hand', () => {
  const CHANGES: (Child & { change: ApiObject })[] = [
    {
      type: DEPLOYMENT,
      name: 'orders',
      change: { spec: { replicas: 3, strategy: { type: 'Recreate', rollingUpdate: null } } },
    },
    {
      type: SERVICE,
      name: 'orders',
      change: { spec: { selector: { 'app.kubernetes.io/instance': 'other' } } },
    },
    { type: SERVICE_ACCOUNT, name: 'orders', change: { automountServiceAccountToken: true } },
    {
      type: INGRESS,
      name: 'orders',
      change: { spec: { rules: [{ host: 'stolen.example.com' }] } },
    },
    {
      type: CLAIM,
      name: 'orders-data',
      change: { metadata: { labels: { 'app.kubernetes.io/part-of': 'another' } } },
    },
    { type: SERVICE, name: 'orders', change: { spec: { type: 'NodePort' } } },
    { type: SERVICE, name: 'orders-postgres', change: { spec: { type: 'NodePort' } } },
    {
      type: STATEFUL_SET,
      name: 'orders-postgres',
      change: { spec: { replicas: 2, template: { spec: { terminationGracePeriodSeconds: 1 } } } },
    },
    {
      type: NETWORK_POLICY,
      name: 'orders-postgres',
      change: { spec: { ingress: null, policyTypes: ['Egress'] } },
    },
    { type: DISRUPTION_BUDGET, name: 'orders', change: { spec: { maxUnavailable: '100%' } } },
    {
      type: CLAIM,
      name: 'orders-data',
      change: { metadata: { annotations: { 'dumbkv.dev/applied-hash': null } } },
    },
  ];

  it.each(CHANGES)('is put back: $type.kind $name', async ({ type, name, change }) => {
    const place = await suite.place();
    await bringUp(place, WITH_ALL_CHILDREN);
    const before = await place.get(type, name);
    const { metadata } = await place.change(type, name, change);
    await until('it is as it was', async () => {
      const after = await place.get(type, name);
      expect(substance(after)).toEqual(substance(before));
      return after.metadata.resourceVersion !== metadata.resourceVersion;
    });
  });

  it.each(WATCHED)('is put back without its labels: $type.kind $name', async ({ type, name }) => {
    const place = await suite.place();
    await bringUp(place, WITH_ALL_CHILDREN);
    const before = await place.get(type, name);
    const lost = Object.keys(before.metadata.labels).map((label) => [label, null]);
    await place.change(type, name, { metadata: { labels: Object.fromEntries(lost) } });
    await until('it is as it was', async () => {
      expect(substance(await place.get(type, name))).toEqual(substance(before));
      return true;
    });
    await serve(place);
  });

  it.each(OWNED)('is put back without its owner: $type.kind $name', async ({ type, name }) => {
    const place = await suite.place();
    await bringUp(place, WITH_ALL_CHILDREN);
    const { ownerReferences } = (await place.get(type, name)).metadata;
    await place.change(type, name, { metadata: { ownerReferences: null } });
    await until('it has its owner', async () => {
      expect((await place.get(type, name)).metadata.ownerReferences).toEqual(ownerReferences);
      return true;
    });
  });

  it('keeps what others added, whatever is put back', async () => {
    const place = await suite.place();
    await bringUp(place, WITH_ALL_CHILDREN);
    const mark = { 'example.com/mark': 'here' };
    const metadata = { labels: mark, annotations: mark, finalizers: ['example.com/hold'] };
    for (const { type, name } of WATCHED) await place.apply(type, name, { metadata });
    const sidecar = { name: 'sidecar', image: 'example.com/sidecar' };
    const template = { spec: { containers: [sidecar] } };
    await place.apply(DEPLOYMENT, 'orders', { metadata, spec: { template } });
    const image = 'images.example/dumbkv-server:2';
    await place.change(DEPLOYMENT, 'orders', { spec: { replicas: 0 } });
    await place.change(DUMBKV, 'orders', {
      spec: { image, deletionPolicy: 'Delete', ingress: { host: 'new.example.com' } },
    });
    await serve(place);
    for (const { type, name } of WATCHED) {
      expect((await place.get(type, name)).metadata, type.kind).toMatchObject({
        labels: mark,
        annotations: mark,
        finalizers: expect.arrayContaining(['example.com/hold']),
      });
    }
    const { spec } = await place.get(DEPLOYMENT, 'orders');
    expect(spec.replicas).toBe(2);
    const images = spec.template.spec.containers.map((one: ApiObject) => one.image);
    expect(images.sort()).toEqual(['example.com/sidecar', image]);
  });
});
