// A kind that the API server does not know yet: its watch is as good as listed, looks again now and
// then, and tells nobody of a failure; when the kind comes, those who ask for it are looked at.
import { afterEach, describe, expect, it } from 'vitest';
import { DUMBKV, HTTP_ROUTE } from '../../../../operator/api/resources.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { watchLimits } from '../../../../operator/limits.ts';
import { ObjectCache } from '../../../../operator/watch/cache.ts';
import { WatchedObjects } from '../../../../operator/watch/watched-objects.ts';
import { settle } from '../../../support/fake-clock.ts';
import { dumbkv } from '../../../support/objects.ts';
import { event, refusal, scripted, startReflector } from './reflector-fixture.ts';
import { CONFIG_MAP, configMap } from './scripted-client.ts';

let stop = async () => {};
afterEach(() => stop());

describe.each([
  ['does not know', 404],
  ['does not let us read', 403],
])('a kind that the API server %s', (_sentence, code) => {
  it('is looked for each minute or two, and watched from when it is there', async () => {
    const client = scripted();
    client.lists.unshift(refusal(code), refusal(code));
    const parts = startReflector(client, { isOptional: true });
    stop = parts.stop;
    await settle();
    expect(parts.reflector.state()).toMatchObject({ synced: true, failures: 0 });
    expect(parts.reflector.state()).not.toHaveProperty('lastError');
    expect(parts.cache.isServed).toBe(false);
    await client.clock.advance(watchLimits.unservedIntervalMs);
    expect(client.verbs).toBe('list');
    await client.clock.advance(watchLimits.unservedIntervalMs);
    expect(client.verbs).toBe('list list');
    await client.clock.advance(2 * watchLimits.unservedIntervalMs);
    expect(client.verbs).toBe('list list list watch');
    expect([parts.cache.isServed, parts.restarts]).toEqual([true, []]);
  });

  it('is listed anew when it was there before', async () => {
    const client = scripted();
    const parts = startReflector(client, { isOptional: true });
    stop = parts.stop;
    await settle();
    client.lastWatch.send(event('ADDED', 'a', '11'), refusal(code));
    await settle();
    expect(parts.changes).toEqual(['added a', 'removed a']);
    expect(parts.cache.isServed).toBe(false);
    await client.clock.advance(2 * watchLimits.unservedIntervalMs);
    expect(client.verbs).toBe('list watch list watch');
    expect(parts.cache.isServed).toBe(true);
  });
});

it('a kind that must be there is a failure where it is not', async () => {
  const client = scripted();
  client.lists.unshift(refusal(404));
  const parts = startReflector(client);
  stop = parts.stop;
  await settle();
  expect(parts.reflector.state()).toMatchObject({ synced: false, failures: 1 });
});

describe('when a kind comes', () => {
  const objectOf = (name: string, namespace: string, spec: object) =>
    dumbkv({ metadata: { name, namespace, uid: name }, spec }) as unknown as KubeObject;
  const httpRoute = { parentRefs: [{ name: 'public' }] };

  it('those who ask for it are looked at, and nobody else', () => {
    const keys: string[] = [];
    const objects = new WatchedObjects({
      namespaces: ['shop', 'bar'],
      enqueue: (key) => keys.push(key),
      onListenerError: (error) => expect.unreachable(String(error)),
    });
    const cacheOf = (type: typeof DUMBKV, namespace: string) =>
      objects.scopes.find((one) => one.type === type && one.namespace === namespace)?.cache;
    for (const namespace of ['shop', 'bar']) {
      const routed = objectOf('routed', namespace, { httpRoute });
      cacheOf(DUMBKV, namespace)?.replace([routed, objectOf('plain', namespace, {})], '10');
    }
    keys.length = 0;
    expect(objects.isServed(HTTP_ROUTE, 'shop')).toBe(false);
    cacheOf(HTTP_ROUTE, 'shop')?.replace([], '10');
    expect(keys).toEqual(['shop/routed']);
    expect(objects.isServed(HTTP_ROUTE, 'shop')).toBe(true);
    expect(objects.isServed(HTTP_ROUTE, 'bar')).toBe(false);
  });
});

describe('a host that several ask for', () => {
  it('has them looked at when one of them changes', () => {
    const keys: string[] = [];
    const objects = new WatchedObjects({
      namespaces: [],
      enqueue: (key) => keys.push(key),
      onListenerError: (error) => expect.unreachable(String(error)),
    });
    const [dumbkvs] = objects.scopes;
    const asking = (name: string, host: string, resourceVersion: string) =>
      dumbkv({
        ...{ metadata: { name, uid: name, resourceVersion, generation: Number(resourceVersion) } },
        spec: { ingress: { host } },
      }) as unknown as KubeObject;
    dumbkvs?.cache.replace([asking('a', 'x', '1'), asking('b', 'x', '2')], '10');
    expect(objects.hostHolder('ingress/x')?.name).toBe('a');
    keys.length = 0;
    dumbkvs?.cache.change('MODIFIED', asking('a', 'y', '11'));
    expect(keys).toEqual(['shop/a', 'shop/b']);
    expect(objects.hostHolder('ingress/x')?.name).toBe('b');
  });
});

describe('the cache of such a kind', () => {
  it('is told when it comes and when it goes, once, with all that it held', () => {
    const served: boolean[] = [];
    const onServed = () => void served.push(cache.isServed);
    const cache = new ObjectCache({ type: CONFIG_MAP, onServed });
    const changes: string[] = [];
    cache.subscribe(({ kind, object }) => changes.push(`${kind} ${object.metadata.name}`));
    cache.unserved();
    expect([cache.isServed, served]).toEqual([false, []]);
    cache.replace([configMap('a', '1')], '10');
    cache.observeWrite(configMap('b', '11'));
    cache.replace([configMap('a', '1')], '10');
    expect(served).toEqual([true]);
    cache.unserved();
    cache.unserved();
    expect(served).toEqual([true, false]);
    expect(changes).toEqual(['added a', 'added b', 'removed a', 'removed b']);
    // made anew, its versions may begin lower in what another API server gives
    cache.replace([configMap('a', '2')], '3');
    expect([cache.isServed, cache.size]).toEqual([true, 1]);
  });
});
