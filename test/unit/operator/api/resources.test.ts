// The kinds that the operator knows: their paths on the API server, and which of them it watches.
import { describe, expect, it } from 'vitest';
import * as resources from '../../../../operator/api/resources.ts';
import { apiVersion, resourcePath } from '../../../../operator/kube/resource.ts';

const { WATCHED_CHILDREN, ...named } = resources;

describe('the kinds', () => {
  it.each([
    ['DUMBKV', '/apis/dumbkv.dev/v1alpha1/namespaces/shop/dumbkvs/orders'],
    ['SECRET', '/api/v1/namespaces/shop/secrets/orders'],
    ['CLAIM', '/api/v1/namespaces/shop/persistentvolumeclaims/orders'],
    ['SERVICE_ACCOUNT', '/api/v1/namespaces/shop/serviceaccounts/orders'],
    ['SERVICE', '/api/v1/namespaces/shop/services/orders'],
    ['POD', '/api/v1/namespaces/shop/pods/orders'],
    ['DEPLOYMENT', '/apis/apps/v1/namespaces/shop/deployments/orders'],
    ['STATEFUL_SET', '/apis/apps/v1/namespaces/shop/statefulsets/orders'],
    ['CONFIG_MAP', '/api/v1/namespaces/shop/configmaps/orders'],
    ['DISRUPTION_BUDGET', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets/orders'],
    ['AUTOSCALER', '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/orders'],
    ['INGRESS', '/apis/networking.k8s.io/v1/namespaces/shop/ingresses/orders'],
    ['NETWORK_POLICY', '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/orders'],
    ['HTTP_ROUTE', '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/orders'],
    ['POSTGRES_CLUSTER', '/apis/postgresql.cnpg.io/v1/namespaces/shop/clusters/orders'],
    ['ENDPOINT_SLICE', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/orders'],
    ['EVENT', '/apis/events.k8s.io/v1/namespaces/shop/events/orders'],
  ] as const)('%s is served in a namespace', (name, path) => {
    expect(resourcePath(named[name], 'shop', 'orders')).toBe(path);
  });

  it('StorageClass is served for the whole cluster', () => {
    const path = resourcePath(named.STORAGE_CLASS, undefined, 'standard');
    expect(path).toBe('/apis/storage.k8s.io/v1/storageclasses/standard');
  });

  it('have the versions that their objects name', () => {
    expect(apiVersion(named.DUMBKV)).toBe('dumbkv.dev/v1alpha1');
    expect(apiVersion(named.SECRET)).toBe('v1');
  });
});

describe('the watched children', () => {
  it('are all that status is read from', () => {
    expect(WATCHED_CHILDREN.map(({ kind }) => kind).toSorted()).toEqual([
      'Cluster',
      'Deployment',
      'EndpointSlice',
      'HTTPRoute',
      'HorizontalPodAutoscaler',
      'Ingress',
      'NetworkPolicy',
      'PersistentVolumeClaim',
      'Pod',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ]);
  });

  it('are never Secrets or ConfigMaps, of which a cluster holds many', () => {
    expect(WATCHED_CHILDREN).not.toContain(named.SECRET);
    expect(WATCHED_CHILDREN).not.toContain(named.CONFIG_MAP);
  });
});
