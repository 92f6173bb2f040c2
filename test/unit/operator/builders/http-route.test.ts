// The HTTPRoute, and which hosts a DumbKV asks for with it or with its Ingress.
import { describe, expect, it } from 'vitest';
import { hostKeys } from '../../../../operator/builders/host-claims.ts';
import { httpRoute } from '../../../../operator/builders/http-route.ts';
import { dumbkv } from '../../../support/objects.ts';

const routed = (route: object, rest: object = {}) =>
  dumbkv({ spec: { httpRoute: { parentRefs: [{ name: 'public' }], ...route }, ...rest } });

describe('the route', () => {
  it('is not there where nobody asks for it', () => {
    expect(httpRoute(dumbkv())).toBeUndefined();
  });

  it('leads from each Gateway to the Service, whatever the path', () => {
    const parentRefs = [{ name: 'public' }, { name: 'inner', namespace: 'gw', sectionName: 'web' }];
    expect(httpRoute(routed({ parentRefs, hostnames: ['a.example.com'] }))?.spec).toEqual({
      parentRefs: [
        { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' },
        {
          ...{ group: 'gateway.networking.k8s.io', kind: 'Gateway' },
          ...{ name: 'inner', namespace: 'gw', sectionName: 'web' },
        },
      ],
      hostnames: ['a.example.com'],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'orders', port: 80, weight: 1 }],
        },
      ],
    });
  });

  it('leaves the hosts to the Gateway where none is named', () => {
    expect(httpRoute(routed({}))?.spec).not.toHaveProperty('hostnames');
  });
});

describe('the hosts', () => {
  it('are none of an instance that is not exposed', () => {
    expect(hostKeys(dumbkv())).toEqual([]);
  });

  it('are that of the Ingress, and each host of the route at each Gateway, once', () => {
    const parentRefs = [
      { name: 'public' },
      { name: 'public', namespace: 'shop', sectionName: 'web' },
      { name: 'public', namespace: 'gw' },
    ];
    const hostnames = ['a.example.com', 'b.example.com'];
    const ingress = { host: 'a.example.com' };
    expect(hostKeys(routed({ parentRefs, hostnames }, { ingress }))).toEqual([
      'ingress/a.example.com',
      'gateway/shop/public/a.example.com',
      'gateway/shop/public/b.example.com',
      'gateway/gw/public/a.example.com',
      'gateway/gw/public/b.example.com',
    ]);
  });

  it('are all of a Gateway where none is named', () => {
    expect(hostKeys(routed({}))).toEqual(['gateway/shop/public/']);
    expect(hostKeys(routed({ hostnames: [] }))).toEqual(['gateway/shop/public/']);
  });
});
