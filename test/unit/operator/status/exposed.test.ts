// The condition of an instance that is reached through a Gateway, for each thing that the
// controllers of its Gateways may say; compute.test.ts has what is said of an Ingress.
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../operator/api/problem.ts';
import type { Obstacles } from '../../../../operator/builders/optional-children.ts';
import { exposed } from '../../../../operator/status/exposed.ts';
import { dumbkv, exposedIngress } from '../../../support/objects.ts';

const free: Obstacles = {
  ingressConflict: undefined,
  routeConflict: undefined,
  takenHosts: [],
  servesRoutes: true,
};
const conflict: Problem = { reason: 'HostConflict', message: 'It belongs to another.' };
const parentRefs = [{ name: 'public' }, { name: 'inner', namespace: 'gw', sectionName: 'web' }];
const routed = dumbkv({ spec: { httpRoute: { parentRefs } } });
const PUBLIC = { name: 'public', namespace: 'shop' };
const INNER = { name: 'inner', namespace: 'gw', sectionName: 'web' };

const parent = (parentRef: object, ...conditions: [string, string, string?][]) => ({
  parentRef,
  conditions: conditions.map(([type, status, message]) => ({
    ...{ type, status, reason: 'Said' },
    ...(message === undefined ? {} : { message }),
  })),
});
const taken = (ref: object) => parent(ref, ['Accepted', 'True'], ['ResolvedRefs', 'True']);
const route = (...parents: object[]) => ({
  metadata: { name: 'orders', namespace: 'shop' },
  status: { parents },
});
const judge = (httpRoute?: ReturnType<typeof route>, obstacles = free) =>
  exposed({ dumbkv: routed, children: { ingress: undefined, httpRoute }, obstacles })[0];

describe('the condition of a route', () => {
  it('holds when each Gateway has taken it, with or without its own namespace in the word', () => {
    expect(judge(route(taken(PUBLIC), taken(INNER)))).toMatchObject({
      ...{ status: 'True', reason: 'RouteAccepted' },
    });
    expect(judge(route(taken({ name: 'public' }), taken(INNER)))?.status).toBe('True');
  });

  it.each([
    ['it is not there', undefined, 'public'],
    ['nobody has looked at it', route(), 'public'],
    ['one Gateway has not', route(taken(PUBLIC)), 'inner'],
    [
      'a listener that was not named has',
      route(taken(PUBLIC), taken({ ...INNER, sectionName: 'x' })),
      'inner',
    ],
    [
      'a Gateway of that name elsewhere has',
      route(taken(PUBLIC), taken({ ...INNER, namespace: 'x' })),
      'inner',
    ],
    ['one does not know', route(taken(PUBLIC), parent(INNER, ['Accepted', 'Unknown'])), 'inner'],
  ])('is unknown while %s', (_sentence, live, gateway) => {
    expect(judge(live)).toMatchObject({
      ...{ status: 'Unknown', reason: 'RoutePending' },
      message: expect.stringContaining(`Gateway "${gateway}" has not taken`),
    });
  });

  it.each([
    [parent(INNER, ['Accepted', 'False', 'No listener.']), 'the HTTPRoute: No listener.'],
    [parent(INNER, ['Accepted', 'True'], ['ResolvedRefs', 'False']), 'the HTTPRoute: Said.'],
  ])('says why a Gateway does not take it', (refusing, message) => {
    expect(judge(route(taken(PUBLIC), refusing))).toMatchObject({
      ...{ status: 'False', reason: 'RouteRefused', message: expect.stringContaining(message) },
    });
  });

  it('says that the kind is not known, before all else', () => {
    const obstacles = { ...free, servesRoutes: false, routeConflict: conflict };
    expect(judge(undefined, obstacles)).toMatchObject({
      ...{ status: 'False', reason: 'RouteKindMissing' },
    });
  });

  it('says that the host is taken', () => {
    expect(judge(undefined, { ...free, routeConflict: conflict })).toMatchObject(conflict);
  });

  it('is there while the route is, though nobody asks for it', () => {
    const ask = (httpRoute: object) =>
      exposed({
        ...{ dumbkv: dumbkv(), obstacles: free },
        children: { ingress: undefined, httpRoute: httpRoute as ReturnType<typeof route> },
      });
    expect(ask(route())).toMatchObject([{ reason: 'RouteAccepted' }]);
    const metadata = { ...route().metadata, deletionTimestamp: '2030-01-01T00:00:00Z' };
    expect(ask({ metadata })).toEqual([]);
  });
});

describe('of an Ingress and a route', () => {
  const both = dumbkv({
    spec: { ingress: { host: 'a.example.com' }, httpRoute: { parentRefs: [{ name: 'public' }] } },
  });
  const judgeBoth = (ingress: ReturnType<typeof exposedIngress>, live: ReturnType<typeof route>) =>
    exposed({ dumbkv: both, children: { ingress, httpRoute: live }, obstacles: free })[0]?.reason;

  it('the one is told that is not well', () => {
    const pending = exposedIngress({ status: null });
    expect(judgeBoth(exposedIngress(), route(taken(PUBLIC)))).toBe('AddressAssigned');
    expect(judgeBoth(pending, route(taken(PUBLIC)))).toBe('AddressPending');
    expect(judgeBoth(exposedIngress(), route())).toBe('RoutePending');
  });

  it('a host that is taken is told of the Ingress too', () => {
    const obstacles = { ...free, ingressConflict: conflict };
    const children = { ingress: undefined, httpRoute: route(taken(PUBLIC)) };
    expect(exposed({ dumbkv: both, children, obstacles })[0]?.reason).toBe('HostConflict');
  });
});
