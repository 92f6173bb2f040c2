// The Service and the ServiceAccount: two ports to one, a selector that never changes, no API
// token.
import { describe, expect, it } from 'vitest';
import { ownedMetadata, selectorLabels } from '../../../../operator/builders/metadata.ts';
import { service, serviceAccount, serviceUrl } from '../../../../operator/builders/service.ts';
import { dumbkv } from '../../../support/objects.ts';

interface ServiceSpec {
  type: string;
  selector: Record<string, string>;
  ports: { name: string; port: number; targetPort: string; protocol: string }[];
}

describe('the Service', () => {
  const object = service(dumbkv());
  const spec = object.spec as ServiceSpec;

  it('goes with its DumbKV and has its name', () => {
    expect(object).toMatchObject({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: ownedMetadata(dumbkv(), 'orders'),
    });
  });

  it('is reached inside the cluster only', () => {
    expect(spec.type).toBe('ClusterIP');
  });

  it('listens on 80 and on 8000', () => {
    expect(spec.ports.map(({ name, port }) => [name, port])).toEqual([
      ['http', 80],
      ['http-alt', 8000],
    ]);
  });

  it("leads every port to the server's, by name", () => {
    expect(new Set(spec.ports.map(({ targetPort }) => targetPort))).toEqual(new Set(['http']));
  });

  it('selects by the immutable labels only', () => {
    expect(spec.selector).toEqual(selectorLabels('orders'));
  });
});

describe('the ServiceAccount', () => {
  it('goes with its DumbKV and gives its pods no token', () => {
    expect(serviceAccount(dumbkv())).toEqual({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: ownedMetadata(dumbkv(), 'orders'),
      automountServiceAccountToken: false,
    });
  });
});

describe('the address inside the cluster', () => {
  it('is the name of the Service in its namespace', () => {
    expect(serviceUrl('shop', 'orders')).toBe('http://orders.shop.svc');
  });
});
