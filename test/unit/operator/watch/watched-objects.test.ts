// What is watched, as reconcile reads it: our own writes are there at once, unless an admission
// took away the label by which children are watched.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV } from '../../../../operator/api/resources.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { WatchedObjects } from '../../../../operator/watch/watched-objects.ts';
import { dumbkv, readyDeployment } from '../../../support/objects.ts';

function listed(namespaces: string[] = []): WatchedObjects {
  const objects = new WatchedObjects({
    namespaces,
    enqueue: () => {},
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  for (const { cache } of objects.scopes) cache.replace([], '100');
  return objects;
}
const labelled = (labels: object | null) => readyDeployment({ metadata: { labels } });
const MANAGED_BY = 'app.kubernetes.io/managed-by';

describe.each([
  ['all namespaces', []],
  ['some', ['bar', 'shop']],
])('what was written by us, with a watch of %s', (_which, namespaces) => {
  it('is there before the watch shows it', () => {
    const objects = listed(namespaces);
    objects.observeWrite(DEPLOYMENT, readyDeployment());
    expect(objects.get(DEPLOYMENT, 'shop', 'orders')).toBeDefined();
  });

  it.each([
    ['none of its labels', null],
    ['not the label of the watch', { [MANAGED_BY]: null }],
    ['the label of the watch with the word of a policy', { [MANAGED_BY]: 'platform' }],
  ])('is not there for ever where an admission left it with %s', (_what, labels) => {
    const objects = listed(namespaces);
    objects.observeWrite(DEPLOYMENT, labelled(labels));
    expect(objects.get(DEPLOYMENT, 'shop', 'orders')).toBeUndefined();
  });

  it('is there of a DumbKV, which needs no label', () => {
    const objects = listed(namespaces);
    const written = dumbkv({ metadata: { resourceVersion: '101' } });
    objects.observeWrite(DUMBKV, written as unknown as KubeObject);
    expect(objects.dumbkv('shop/orders')).toMatchObject(written);
    expect(objects.dumbkvs()).toHaveLength(1);
  });
});
