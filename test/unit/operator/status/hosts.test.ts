// Which hosts the status says an instance has: what it leads in by, since when it did, and nothing
// that it only asks for.
import { describe, expect, it } from 'vitest';
import { httpRoute } from '../../../../operator/builders/http-route.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { type HostsInput, hostsHeld } from '../../../../operator/status/hosts.ts';
import { dumbkv, exposedIngress } from '../../../support/objects.ts';

const parentRefs = [{ name: 'public' }, { name: 'inner', namespace: 'gw' }];
const asking = dumbkv({
  spec: {
    ingress: { host: 'orders.example.com' },
    httpRoute: { parentRefs, hostnames: ['a.example.com'] },
  },
});
const NOW = '2030-01-01T00:00:00Z';
const BEFORE = '2029-06-01T00:00:00Z';
const KEY = 'ingress/orders.example.com';
const conflict = { reason: 'HostConflict', message: 'another has it' } as const;
const ROUTES = ['gateway/gw/inner/a.example.com', 'gateway/shop/public/a.example.com'];
const free = {
  ...{ ingressConflict: undefined, routeConflict: undefined },
  ...{ takenHosts: [], servesRoutes: true },
};
const both = { ingress: exposedIngress(), httpRoute: httpRoute(asking) as KubeObject };
const held = (input: Partial<HostsInput> = {}) =>
  hostsHeld({ dumbkv: asking, children: both, obstacles: free, now: NOW, ...input });

describe('the hosts of an instance', () => {
  it('are those that its Ingress and its route lead in by', () => {
    expect(held()).toEqual({
      [KEY]: NOW,
      'gateway/gw/inner/a.example.com': NOW,
      'gateway/shop/public/a.example.com': NOW,
    });
  });

  it('keep the time since when they are its own, also without the objects', () => {
    const known = { ...asking, status: { hosts: { [KEY]: BEFORE } } };
    expect(held({ dumbkv: known })?.[KEY]).toBe(BEFORE);
    const children = { ingress: undefined, httpRoute: undefined };
    expect(held({ dumbkv: known, children })).toEqual({ [KEY]: BEFORE });
  });

  it.each<[string, Partial<HostsInput>]>([
    ['nothing leads in yet', { children: { ingress: undefined, httpRoute: undefined } }],
    ['nothing is asked for', { dumbkv: dumbkv() }],
    [
      'another comes first',
      {
        obstacles: {
          ...free,
          ...{ ingressConflict: conflict, routeConflict: conflict },
          takenHosts: [KEY, ...ROUTES],
        },
      },
    ],
    [
      'the Ingress still has another host, or none',
      {
        children: {
          ingress: exposedIngress({ spec: { rules: [{ host: 'x.example.com' }, {}] } }),
          httpRoute: undefined,
        },
      },
    ],
    [
      'the objects are there without a spec',
      {
        children: { ingress: { metadata: { name: 'o' } }, httpRoute: { metadata: { name: 'o' } } },
      },
    ],
  ])('are none while %s', (_case, input) => {
    expect(held(input)).toBeUndefined();
  });

  it('are those of the way alone that another does not keep it from', () => {
    const obstacles = { ...free, routeConflict: conflict, takenHosts: ROUTES };
    expect(Object.keys(held({ obstacles }) ?? {})).toEqual([KEY]);
  });

  it("stay its own where a host beside them turns out to be another's", () => {
    const [inner = '', outer = ''] = ROUTES;
    const known = { ...asking, status: { hosts: { [inner]: BEFORE, [outer]: BEFORE } } };
    const obstacles = { ...free, routeConflict: conflict, takenHosts: [outer] };
    const children = { ingress: undefined, httpRoute: undefined };
    expect(held({ dumbkv: known, obstacles, children })).toEqual({ [inner]: BEFORE });
  });
});
