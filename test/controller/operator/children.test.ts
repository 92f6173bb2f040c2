// The children of an instance: what is taken away or changed comes back as it was, what others
// added stays, and what belongs to somebody else is never touched.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  DUMBKV,
  INGRESS,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { CHILDREN, type Child, OUR_LABELS, OWNED, WATCHED } from './child-kinds.ts';
import { bringUp, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();
const EXPOSED = { ingress: { host: 'orders.example.com' } };

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
    await bringUp(place, EXPOSED);
    const before = await place.get(type, name);
    await place.remove(type, name);
    const after = await remade(place, type, name, before.metadata.uid);
    const { clusterIP: _, clusterIPs: __, ...spec } = substance(after).spec ?? {};
    expect(before.spec ?? {}).toMatchObject(spec);
    expect(substance(after).metadata).toEqual(substance(before).metadata);
    await serve(place);
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
      change: { spec: { replicas: 3, strategy: { type: 'RollingUpdate' } } },
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
    {
      type: CLAIM,
      name: 'orders-data',
      change: { metadata: { annotations: { 'dumbkv.dev/applied-hash': null } } },
    },
  ];

  it.each(CHANGES)('is put back: $type.kind $name', async ({ type, name, change }) => {
    const place = await suite.place();
    await bringUp(place, EXPOSED);
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
    await bringUp(place, EXPOSED);
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
    await bringUp(place, EXPOSED);
    const { ownerReferences } = (await place.get(type, name)).metadata;
    await place.change(type, name, { metadata: { ownerReferences: null } });
    await until('it has its owner', async () => {
      expect((await place.get(type, name)).metadata.ownerReferences).toEqual(ownerReferences);
      return true;
    });
  });

  it('keeps what others added, whatever is put back', async () => {
    const place = await suite.place();
    await bringUp(place, EXPOSED);
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
    expect(spec.replicas).toBe(1);
    const images = spec.template.spec.containers.map((one: ApiObject) => one.image);
    expect(images.sort()).toEqual(['example.com/sidecar', image]);
  });
});

describe.concurrent('an object of our name', () => {
  it.each(CHILDREN)(
    'that is not ours is left alone, and named: $type.kind $name',
    async ({ type, name, least }) => {
      const place = await suite.place();
      const foreign = await place.make(type, { metadata: { name }, ...least });
      await place.dumbkv('orders', EXPOSED);
      const stalled = await place.untilReason('orders', 'NameConflict', 'Stalled');
      expect(stalled.message).toContain(`${type.kind} "${name}" exists and is not made by this`);
      expect((await place.conditions('orders')).Ready?.reason).toBe('NameConflict');
      await suite.settled(place);
      expect(await place.get(type, name)).toEqual(foreign);
      await place.remove(type, name);
      await serve(place);
    },
  );

  it('that another controller owns is left alone, and its owner named', async () => {
    const place = await suite.place();
    const owner = { apiVersion: 'example.com/v1', kind: 'App', name: 'shop', controller: true };
    const ownerReferences = [{ ...owner, uid: '11111111-2222-4333-8444-555555555555' }];
    const labels = OUR_LABELS;
    const metadata = { name: 'orders', ownerReferences, labels };
    const foreign = await place.make(SERVICE, { metadata, spec: { ports: [{ port: 443 }] } });
    await place.dumbkv('orders');
    const stalled = await place.untilReason('orders', 'NameConflict', 'Stalled');
    expect(stalled.message).toContain('Service "orders" exists and is owned by App "shop"');
    expect(await place.get(SERVICE, 'orders')).toEqual(foreign);
  });

  it.each(CHILDREN)(
    'that an older self left is awaited: $type.kind $name',
    async ({ type, name, least }) => {
      const place = await suite.place();
      const dead = await place.dumbkv('orders', { suspended: true, deletionPolicy: 'Delete' });
      const reference = await until('it has an owner reference', async () => {
        const { ownerReferences } = (await place.get(SERVICE, 'orders')).metadata;
        return ownerReferences[0];
      });
      expect(reference.uid).toBe(dead.metadata.uid);
      const next = await suite.place();
      const labels = OUR_LABELS;
      const metadata = { name, labels, ownerReferences: [reference] };
      const old = await next.make(type, { metadata, ...least });
      await next.dumbkv('orders', EXPOSED);
      const waiting = await next.untilReason('orders', 'Terminating');
      expect(waiting.message).toContain(`"${name}"`);
      expect((await next.conditions('orders')).Reconciling?.reason).toBe('Terminating');
      await suite.settled(next);
      expect(await next.get(type, name)).toEqual(old);
      await next.change(type, name, { metadata: { finalizers: null } });
      await next.remove(type, name);
      await serveAnew(next, type, name, old);
    },
  );
});

/** The instance serves with an object of its own in place of the old one. */
async function serveAnew(place: Place, type: ResourceType, name: string, old: ApiObject) {
  await serve(place);
  expect((await place.get(type, name)).metadata.uid).not.toBe(old.metadata.uid);
}
