// The paths under which objects are served, and the order of their versions.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apiVersion,
  objectKey,
  type ResourceType,
  resourcePath,
} from '../../../../operator/kube/resource.ts';
import { compareResourceVersions, isOlder } from '../../../../operator/kube/resource-version.ts';

const service: ResourceType = {
  ...{ group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true },
};
const ingress: ResourceType = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
};
const storageClass: ResourceType = {
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
};

describe('paths', () => {
  it.each([
    [resourcePath(service), '/api/v1/services'],
    [resourcePath(service, 'shop'), '/api/v1/namespaces/shop/services'],
    [resourcePath(service, 'shop', 'orders'), '/api/v1/namespaces/shop/services/orders'],
    [
      resourcePath(ingress, 'shop', 'orders', 'status'),
      '/apis/networking.k8s.io/v1/namespaces/shop/ingresses/orders/status',
    ],
    [resourcePath(storageClass, undefined, 'fast'), '/apis/storage.k8s.io/v1/storageclasses/fast'],
    [resourcePath(storageClass, 'shop'), '/apis/storage.k8s.io/v1/storageclasses'],
  ])('%s', (path, expected) => expect(path).toBe(expected));

  it('cannot be led astray by a name', () => {
    expect(resourcePath(service, 'a/b', '../secrets?x')).toBe(
      '/api/v1/namespaces/a%2Fb/services/..%2Fsecrets%3Fx',
    );
  });
});

describe('names of types and objects', () => {
  it('are those that Kubernetes uses', () => {
    expect([apiVersion(service), apiVersion(ingress)]).toEqual(['v1', 'networking.k8s.io/v1']);
    expect(objectKey({ namespace: 'shop', name: 'orders' })).toBe('shop/orders');
    expect(objectKey({ name: 'fast' })).toBe('fast');
  });
});

describe('the order of resource versions', () => {
  it('is that of numbers of any length', () => {
    const version = fc.bigInt({ min: 0n, max: 10n ** 30n });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const order = compareResourceVersions(String(a), String(b)) ?? Number.NaN;
        expect(Math.sign(order)).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect(isOlder(String(a), String(b))).toBe(a < b);
      }),
    );
  });

  it('does not exist where a version is no number', () => {
    for (const [a, b] of [
      ['abc', '1'],
      ['1', ''],
      ['01', '1'],
      [undefined, '1'],
      ['1', undefined],
    ]) {
      expect(compareResourceVersions(a, b)).toBeUndefined();
      expect(isOlder(a, b)).toBe(false);
    }
    expect(compareResourceVersions('same', 'same')).toBe(0);
  });
});
