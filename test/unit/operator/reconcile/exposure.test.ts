// What reconcile does about ways in from outside: no Ingress or route with a host of another's, not
// even one that is there already, and no word to an API server that does not know a kind.
import { describe, expect, it } from 'vitest';
import type { DumbKV } from '../../../../crds/schema.ts';
import { DEPLOYMENT, DUMBKV, HTTP_ROUTE, INGRESS } from '../../../../operator/api/resources.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { dumbkv } from '../../../support/objects.ts';
import { World } from './world.ts';

const parentRefs = [{ name: 'public' }];
const EXPOSED = {
  ingress: { host: 'a.example.com' },
  httpRoute: { parentRefs, hostnames: ['b.example.com'] },
};
const others = (spec: object): KubeObject => {
  const metadata = { name: 'older', uid: 'uid-older', creationTimestamp: '2020-01-01T00:00:00Z' };
  return dumbkv({ spec, metadata }) as DumbKV as unknown as KubeObject;
};
const findIn = ({ client }: World) => ({
  ingress: client.peek(INGRESS, 'shop', 'orders'),
  route: client.peek(HTTP_ROUTE, 'shop', 'orders'),
});

describe('a host that two ask for', () => {
  it.each([
    ['the Ingress', { ingress: EXPOSED.ingress }, 'route'],
    ['the route', { httpRoute: EXPOSED.httpRoute }, 'ingress'],
  ] as const)('keeps %s alone away from the younger, which runs', async (_what, spec, left) => {
    const world = new World(dumbkv({ spec: EXPOSED }));
    world.client.put(DUMBKV, others(spec));
    await world.run();
    expect(world.condition('Stalled')).toBe('True HostConflict');
    expect(world.condition('Exposed')).toBe('False HostConflict');
    const found = Object.entries(findIn(world)).filter(([, object]) => object !== undefined);
    expect(found.map(([name]) => name)).toEqual([left]);
    expect(world.client.peek(DEPLOYMENT, 'shop', 'orders')).toBeDefined();
  });

  it('is not taken from who has it, by its status alone', async () => {
    const world = await new World(dumbkv({ spec: EXPOSED })).settle();
    const { hosts = {} } = world.dumbkv.status ?? {};
    expect(Object.keys(hosts)).toEqual([
      'gateway/shop/public/b.example.com',
      'ingress/a.example.com',
    ]);
    world.client.put(DUMBKV, others(EXPOSED));
    await world.clock.advance(60_000);
    for (const [type] of [[INGRESS], [HTTP_ROUTE]] as const) {
      world.client.drop(type, 'shop', 'orders');
      await world.run();
    }
    expect(findIn(world)).toEqual({ ingress: expect.anything(), route: expect.anything() });
    expect(world.dumbkv.status?.hosts).toEqual(hosts);
    expect(world.condition('Stalled')).toBeUndefined();
  });

  it('takes away what is there already, where that came later', async () => {
    const world = await new World(dumbkv({ spec: EXPOSED })).settle();
    const { hosts } = world.dumbkv.status ?? {};
    expect(world.dumbkv.status?.externalURL).toBe('http://a.example.com');
    const first = Object.keys(hosts ?? {}).map((key) => [key, '2020-01-01T00:00:00Z']);
    world.client.put(DUMBKV, { ...others(EXPOSED), status: { hosts: Object.fromEntries(first) } });
    await world.run();
    expect(findIn(world)).toEqual({ ingress: undefined, route: undefined });
    expect(world.dumbkv.status).not.toHaveProperty('hosts');
    expect(world.dumbkv.status).not.toHaveProperty('externalURL');
    world.client.drop(DUMBKV, 'shop', 'older');
    await world.run();
    expect(findIn(world)).toEqual({ ingress: expect.anything(), route: expect.anything() });
    expect(world.condition('Stalled')).toBeUndefined();
  });

  it('is kept by who has it and asks for one of another beside it', async () => {
    const hostnames = ['b.example.com'];
    const world = await new World(
      dumbkv({ spec: { httpRoute: { parentRefs, hostnames } } }),
    ).settle();
    const { hosts } = world.dumbkv.status ?? {};
    const waiting = others({
      httpRoute: { parentRefs, hostnames: ['b.example.com', 'c.example.com'] },
    });
    const since = { 'gateway/shop/public/c.example.com': '2020-01-01T00:00:00Z' };
    world.client.put(DUMBKV, { ...waiting, status: { hosts: since } });
    const asked = { parentRefs, hostnames: ['b.example.com', 'c.example.com'] };
    world.change({ spec: { httpRoute: asked } });
    await world.run();
    expect(world.condition('Stalled')).toBe('True HostConflict');
    expect(world.dumbkv.status?.hosts).toEqual(hosts);
    world.change({ spec: { httpRoute: { parentRefs, hostnames } } });
    await world.run();
    expect(findIn(world).route).toBeDefined();
    expect(world.condition('Stalled')).toBeUndefined();
  });

  it('is not had by who only asks for it', async () => {
    const world = new World(dumbkv({ spec: { ...EXPOSED, image: 'evil.example.com/x:1' } }));
    await world.run();
    expect(world.condition('Stalled')).toBe('True ImageNotAllowed');
    expect(world.dumbkv.status).not.toHaveProperty('hosts');
  });

  it('is given up with the wish for it, and had anew from then on', async () => {
    const world = await new World(dumbkv({ spec: EXPOSED })).settle();
    const since = () => world.dumbkv.status?.hosts?.['ingress/a.example.com'] ?? '';
    const before = since();
    world.change({ spec: { ingress: null } });
    await world.run();
    expect(since()).toBe('');
    await world.clock.advance(60_000);
    world.change({ spec: { ingress: { host: 'a.example.com' } } });
    await world.run();
    expect(Date.parse(since())).toBe(Date.parse(before) + 60_000);
  });

  it('is nothing to an older one', async () => {
    const world = new World(dumbkv({ spec: EXPOSED }));
    const younger = others(EXPOSED);
    younger.metadata.creationTimestamp = '2031-01-01T00:00:00Z';
    world.client.put(DUMBKV, younger);
    await world.run();
    expect(findIn(world)).toEqual({ ingress: expect.anything(), route: expect.anything() });
  });
});

describe('a kind that the API server does not know', () => {
  it('is not asked for, and the rest is made', async () => {
    const world = new World(dumbkv({ spec: { httpRoute: EXPOSED.httpRoute } }));
    world.unserved.push(HTTP_ROUTE);
    await world.settle();
    await world.run();
    expect(world.client.actions.filter(({ kind }) => kind === 'HTTPRoute')).toEqual([]);
    expect(world.condition('Exposed')).toBe('False RouteKindMissing');
    expect(world.condition('Ready')).toBe('True Available');
  });
});

describe('a route that is asked for no more', () => {
  it('goes, also where it lost the label by which it is watched', async () => {
    const world = await new World(dumbkv({ spec: { httpRoute: EXPOSED.httpRoute } })).settle();
    world.client.amend(HTTP_ROUTE, 'shop', 'orders', { metadata: { labels: null } });
    world.change({ spec: { httpRoute: null } });
    await world.run();
    expect(findIn(world).route).toBeUndefined();
  });
});
