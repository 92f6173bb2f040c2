// How instances are reached from outside: a route of the Gateway API, whose kind may come and go
// while the operator runs, and hosts that several DumbKVs ask for.
import { describe, expect, it } from 'vitest';
import { DUMBKV, HTTP_ROUTE, INGRESS } from '../../../operator/api/resources.ts';
import { installRoutes, removeRoutes } from '../../support/gateway-api.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();
const hostIn = ({ namespace }: Place) => `${namespace}.example.com`;
const parentRefs = [{ name: 'public', namespace: 'gateways' }];

/** What the controller of a Gateway says of a route. */
const say = (place: Place, status: 'True' | 'False', message: string) => {
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...parentRefs[0] };
  const condition = { type: 'Accepted', status, reason: 'Said', message };
  const parents = [{ parentRef, controllerName: 'example.com/gateway', conditions: [condition] }];
  return place.setStatus(HTTP_ROUTE, 'orders', { parents });
};

describe('a route', () => {
  it('is made when its kind appears, without a restart, and follows its Gateway', async () => {
    const place = await suite.place();
    const httpRoute = { parentRefs, hostnames: [hostIn(place)] };
    await bringUp(place, { httpRoute });
    const missing = await place.untilReason('orders', 'RouteKindMissing', 'Exposed');
    expect(missing.status).toBe('False');
    await installRoutes(suite.controlPlane());
    await place.untilReason('orders', 'RoutePending', 'Exposed');
    const { spec } = await place.get(HTTP_ROUTE, 'orders');
    expect(spec).toMatchObject({
      ...{ parentRefs, hostnames: [hostIn(place)] },
      rules: [{ backendRefs: [{ kind: 'Service', name: 'orders', port: 80 }] }],
    });
    await say(place, 'False', 'no listener allows this namespace');
    const refused = await place.untilReason('orders', 'RouteRefused', 'Exposed');
    expect(refused.message).toContain('Gateway "public" does not take the HTTPRoute: no listener');
    await say(place, 'True', 'taken');
    await place.untilReason('orders', 'RouteAccepted', 'Exposed');
    await suite.settled(place);
    const writes = suite.run().client.writes(place.namespace).length;
    await place.touch('orders');
    await suite.settled(place);
    expect(suite.run().client.writes(place.namespace)).toHaveLength(writes);
    await place.change(DUMBKV, 'orders', { spec: { httpRoute: null } });
    await until('the route is gone', async () => !(await place.find(HTTP_ROUTE, 'orders')));
    await until('its condition is gone', async () => !(await place.conditions('orders')).Exposed);
  });

  it('breaks nothing when its kind goes, and comes back with it', async () => {
    const place = await suite.place();
    await bringUp(place, { httpRoute: { parentRefs } });
    await place.untilReason('orders', 'RoutePending', 'Exposed');
    await removeRoutes(suite.controlPlane());
    await place.untilReason('orders', 'RouteKindMissing', 'Exposed');
    await place.change(DUMBKV, 'orders', { spec: { resources: { requests: { cpu: '70m' } } } });
    await serve(place);
    await installRoutes(suite.controlPlane());
    await place.untilReason('orders', 'RoutePending', 'Exposed');
  });
});

describe('a host that two ask for', () => {
  it('belongs to the older one, and to the other when it is free', async () => {
    const place = await suite.place();
    const ingress = { host: hostIn(place) };
    await bringUp(place, { ingress }, 'a-first');
    await place.dumbkv('b-second', { ingress });
    const stalled = await place.untilReason('b-second', 'HostConflict', 'Stalled');
    expect(stalled.message).toContain(`Host "${ingress.host}" belongs to DumbKV "a-first"`);
    expect((await place.conditions('b-second')).Exposed?.reason).toBe('HostConflict');
    expect(await place.find(INGRESS, 'b-second')).toBeUndefined();
    expect(await place.find(INGRESS, 'a-first')).toBeDefined();
    await place.change(DUMBKV, 'a-first', { spec: { ingress: { host: `new.${ingress.host}` } } });
    await serve(place, 'b-second');
    expect((await place.get(INGRESS, 'b-second')).spec.rules[0].host).toBe(ingress.host);
  });

  it('is told of without a word about another namespace', async () => {
    const [one, other] = [await suite.place(), await suite.place()];
    const ingress = { host: hostIn(one) };
    const first = await one.dumbkv('secret-project', { ingress });
    await until(
      'a second has passed',
      () => Date.now() >= Date.parse(first.metadata.creationTimestamp) + 2000,
    );
    await other.dumbkv('orders', { ingress });
    const { message } = await other.untilReason('orders', 'HostConflict', 'Stalled');
    expect(message).toContain('a DumbKV of another namespace');
    expect(message).not.toContain('secret-project');
    expect(JSON.stringify(await other.get(DUMBKV, 'orders'))).not.toContain(`${one.namespace}/`);
    await one.remove(DUMBKV, 'secret-project');
    await serve(other);
    expect(await other.find(INGRESS, 'orders')).toBeDefined();
  });
});
