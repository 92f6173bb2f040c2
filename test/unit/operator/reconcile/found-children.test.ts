// Finding a child: from the cache where it is known, by one GET where it is not, and what this look
// wrote or removed before what the caches have not heard of yet.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT } from '../../../../operator/api/resources.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { FoundChildren } from '../../../../operator/reconcile/found-children.ts';
import { readyDeployment } from '../../../support/objects.ts';
import { RecordingClient } from '../../../support/recording-client.ts';

const versioned = (resourceVersion: string, uid = 'uid-deployment'): KubeObject =>
  readyDeployment({ metadata: { resourceVersion, uid } });

/** A look with a cache that holds one Deployment, or none. */
function look(cached?: KubeObject) {
  const client = new RecordingClient();
  const observed: KubeObject[] = [];
  const cache = { held: cached };
  const found = new FoundChildren(
    {
      get: () => cache.held,
      isServed: () => true,
      ofInstance: () => (cache.held ? [cache.held] : []),
      observeWrite: (_type, object) => observed.push(object),
    },
    client,
    new AbortController().signal,
  );
  const find = () => found.find(DEPLOYMENT, 'shop', 'orders');
  const get = () => found.get(DEPLOYMENT, 'shop', 'orders');
  return { client, cache, observed, found, find, get };
}
const versionOf = (object: KubeObject | undefined) => object?.metadata.resourceVersion;

describe('a child', () => {
  it('that the cache holds costs no call', async () => {
    const { client, find } = look(versioned('200'));
    expect(versionOf(await find())).toBe('200');
    expect(client.actions).toEqual([]);
  });

  it('that the cache lacks is asked for once, and tells its kind', async () => {
    const { client, find, get } = look();
    const { kind: _, ...kindless } = readyDeployment();
    client.put(DEPLOYMENT, kindless);
    expect(get()).toBeUndefined();
    expect((await find())?.kind).toBe('Deployment');
    expect(await find()).toEqual(get());
    expect(client.actions.map(({ verb }) => verb)).toEqual(['get']);
  });

  it('that is not there is asked for each time, since somebody may make it', async () => {
    const { client, find } = look();
    expect(await find()).toBeUndefined();
    client.put(DEPLOYMENT, readyDeployment());
    expect(await find()).toBeDefined();
  });

  it('that was written is known, and told to the caches', async () => {
    const { found, observed, find, get } = look(versioned('200'));
    found.observeWrite(DEPLOYMENT, versioned('201'));
    expect([versionOf(get()), versionOf(await find())]).toEqual(['201', '201']);
    expect(observed.map(versionOf)).toEqual(['201']);
  });

  it('that the cache shows newer is the newer one', () => {
    const { found, cache, get } = look();
    found.observeWrite(DEPLOYMENT, versioned('201'));
    cache.held = versioned('202');
    expect(versionOf(get())).toBe('202');
  });

  it('that was removed is gone, though the cache has not heard of it', () => {
    const { found, cache, get } = look(versioned('200'));
    found.observeRemoval(versioned('200'));
    expect(get()).toBeUndefined();
    cache.held = versioned('203', 'uid-of-another');
    expect(versionOf(get())).toBe('203');
  });
});

it('what carries the label of the instance comes from the cache', () => {
  const { found } = look(versioned('200'));
  expect(found.ofInstance(DEPLOYMENT, 'shop', 'orders')).toHaveLength(1);
});
