// Objects that have the names of an instance's children: what belongs to somebody else is never
// touched, and what an older self left is awaited.
import { describe, expect, it } from 'vitest';
import { SERVICE } from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { CHILDREN, OUR_LABELS, WITH_ALL_CHILDREN } from './child-kinds.ts';
import { serve, useOperator } from './operator-suite.ts';

const suite = useOperator();

describe.concurrent('an object of our name', () => {
  it.each(CHILDREN)(
    'that is not ours is left alone, and named: $type.kind $name',
    async ({ type, name, least }) => {
      const place = await suite.place();
      const foreign = await place.make(type, { metadata: { name }, ...least });
      await place.dumbkv('orders', WITH_ALL_CHILDREN);
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
      await next.dumbkv('orders', WITH_ALL_CHILDREN);
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
