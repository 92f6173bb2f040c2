// The cache: what it holds after lists, events and our own writes in any order, and whom it tells.
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/client.ts';
import { type CacheChange, INSTANCE_LABEL, ObjectCache } from '../../../../operator/watch/cache.ts';
import { CONFIG_MAP, configMap } from './scripted-client.ts';

function cacheWithChanges(transform?: (object: KubeObject) => KubeObject) {
  const cache = new ObjectCache({ type: CONFIG_MAP, ...(transform ? { transform } : {}) });
  const changes: CacheChange[] = [];
  cache.subscribe((change) => changes.push(change));
  const told = () => changes.splice(0).map(({ kind, object }) => `${kind} ${object.metadata.name}`);
  return { cache, changes, told };
}

function ofInstance(name: string, version: string, instance: string): KubeObject {
  const object = configMap(name, version);
  return { ...object, metadata: { ...object.metadata, labels: { [INSTANCE_LABEL]: instance } } };
}

const versionOf = (cache: ObjectCache, name: string) =>
  cache.get('shop', name)?.metadata.resourceVersion;

describe('a list', () => {
  it('adds, changes and removes what differs, and is silent on the rest', () => {
    const { cache, told } = cacheWithChanges();
    cache.replace([configMap('a', '1'), configMap('b', '2'), configMap('c', '3')], '10');
    expect(told()).toEqual(['added a', 'added b', 'added c']);
    cache.replace([configMap('a', '1'), configMap('b', '12'), configMap('d', '13')], '20');
    expect(told()).toEqual(['removed c', 'changed b', 'added d']);
    expect(cache.size).toBe(3);
  });

  it('shows an object that was deleted and made again as removed and added', () => {
    const { cache, changes } = cacheWithChanges();
    cache.replace([configMap('a', '1', 'first')], '10');
    cache.replace([configMap('a', '15', 'second')], '20');
    expect(changes.map(({ kind, object }) => [kind, object.metadata.uid])).toEqual([
      ['added', 'first'],
      ['removed', 'first'],
      ['added', 'second'],
    ]);
  });
});

describe('events', () => {
  it('carry the object before the change', () => {
    const { cache, changes } = cacheWithChanges();
    cache.change('ADDED', configMap('a', '1'));
    cache.change('MODIFIED', configMap('a', '2'));
    cache.change('DELETED', configMap('a', '3'));
    const versions = changes.map(({ kind, previous, object }) => [
      kind,
      previous?.metadata.resourceVersion,
      object.metadata.resourceVersion,
    ]);
    expect(versions).toEqual([
      ['added', undefined, '1'],
      ['changed', '1', '2'],
      ['removed', '2', '3'],
    ]);
  });

  it('that are older than what is held change nothing', () => {
    const { cache, told } = cacheWithChanges();
    cache.change('ADDED', configMap('a', '100'));
    told();
    cache.change('MODIFIED', configMap('a', '99'));
    cache.change('DELETED', configMap('a', '99'));
    expect(told()).toEqual([]);
    expect(versionOf(cache, 'a')).toBe('100');
  });

  it('of a deletion of what is not held are silent', () => {
    const { cache, told } = cacheWithChanges();
    cache.change('DELETED', configMap('a', '1'));
    expect(told()).toEqual([]);
  });

  it('are told to each listener, whatever another throws, until it leaves', () => {
    const errors: unknown[] = [];
    const cache = new ObjectCache({
      type: CONFIG_MAP,
      onListenerError: (error) => errors.push(error),
    });
    const heard: string[] = [];
    cache.subscribe(() => {
      throw new Error('bad listener');
    });
    const leave = cache.subscribe(({ object }) => heard.push(object.metadata.name));
    cache.change('ADDED', configMap('a', '1'));
    leave();
    cache.change('ADDED', configMap('b', '2'));
    expect(heard).toEqual(['a']);
    expect(errors).toHaveLength(2);
  });
});

describe('our own writes', () => {
  it('are seen before the watch shows them, and their echo is silent', () => {
    const { cache, told } = cacheWithChanges();
    cache.replace([configMap('a', '1')], '10');
    cache.observeWrite(configMap('a', '11'));
    cache.observeWrite(configMap('b', '12'));
    expect(told()).toEqual(['added a', 'changed a', 'added b']);
    cache.change('MODIFIED', configMap('a', '11'));
    cache.change('ADDED', configMap('b', '12'));
    expect(told()).toEqual([]);
  });

  it('of an object whose deletion was seen already bring no ghost', () => {
    const { cache } = cacheWithChanges();
    cache.replace([configMap('a', '1')], '10');
    cache.change('MODIFIED', configMap('a', '11'));
    cache.change('DELETED', configMap('a', '12'));
    cache.observeWrite(configMap('a', '11'));
    expect(cache.size).toBe(0);
  });

  it('older than what is held are passed over', () => {
    const { cache } = cacheWithChanges();
    cache.replace([], '10');
    cache.observeWrite(configMap('a', '20'));
    cache.observeWrite(configMap('a', '15'));
    expect(versionOf(cache, 'a')).toBe('20');
  });

  it('are passed over where versions have no order, or before the first list', () => {
    const { cache } = cacheWithChanges();
    cache.observeWrite(configMap('a', '20'));
    cache.replace([], 'opaque-1');
    cache.observeWrite(configMap('a', 'opaque-2'));
    expect(cache.size).toBe(0);
  });

  it('survive a list and events that are older than they are', () => {
    const { cache, told } = cacheWithChanges();
    cache.replace([configMap('a', '1')], '10');
    cache.observeWrite(configMap('a', '30'));
    cache.observeWrite(configMap('new', '31'));
    told();
    cache.change('MODIFIED', configMap('a', '12'));
    cache.replace([configMap('a', '12')], '20');
    expect(told()).toEqual([]);
    expect([versionOf(cache, 'a'), versionOf(cache, 'new')]).toEqual(['30', '31']);
  });

  it('go with the first list that should have shown them', () => {
    const { cache, told } = cacheWithChanges();
    cache.replace([], '10');
    cache.observeWrite(configMap('a', '11'));
    told();
    cache.replace([], '12');
    expect(told()).toEqual(['removed a']);
  });

  it('go once a bookmark has passed them and a list lacks them', () => {
    const { cache } = cacheWithChanges();
    cache.replace([], '10');
    cache.observeWrite(configMap('a', '20'));
    cache.progress('25');
    cache.replace([], '26');
    expect(cache.size).toBe(0);
  });

  it('do not outlive a server whose history was put back', () => {
    const { cache } = cacheWithChanges();
    cache.replace([], '1000');
    cache.observeWrite(configMap('a', '1001'));
    cache.replace([configMap('b', '500')], '600');
    expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
    cache.change('MODIFIED', configMap('b', '601'));
    expect(versionOf(cache, 'b')).toBe('601');
  });

  it('of an object made again replace the one of another uid', () => {
    const { cache, told } = cacheWithChanges();
    cache.replace([configMap('a', '1', 'first')], '10');
    told();
    cache.observeWrite(configMap('a', '12', 'second'));
    expect(told()).toEqual(['removed a', 'added a']);
    cache.change('DELETED', configMap('a', '11', 'first'));
    expect(cache.get('shop', 'a')?.metadata.uid).toBe('second');
  });
});

describe('finding objects', () => {
  it('by namespace', () => {
    const { cache } = cacheWithChanges();
    const elsewhere: KubeObject = { metadata: { namespace: 'other', name: 'b' } };
    cache.replace([configMap('a', '1'), elsewhere], '10');
    expect(cache.list()).toHaveLength(2);
    expect(cache.list('other')).toEqual([elsewhere]);
    expect(cache.get('other', 'a')).toBeUndefined();
  });

  it('without namespace', () => {
    const { cache } = cacheWithChanges();
    const whole: KubeObject = { metadata: { name: 'fast' } };
    cache.replace([whole], '10');
    expect(cache.get(undefined, 'fast')).toEqual(whole);
  });

  it('by instance, through every change of the label', () => {
    const { cache } = cacheWithChanges();
    const names = (instance: string) =>
      cache.byInstance('shop', instance).map(({ metadata }) => metadata.name);
    cache.replace([ofInstance('a', '1', 'orders'), ofInstance('b', '2', 'orders')], '10');
    cache.change('MODIFIED', ofInstance('b', '11', 'carts'));
    expect([names('orders'), names('carts')]).toEqual([['a'], ['b']]);
    cache.change('MODIFIED', configMap('b', '12'));
    cache.change('DELETED', ofInstance('a', '13', 'orders'));
    expect([names('orders'), names('carts')]).toEqual([[], []]);
    expect(cache.byInstance('other', 'orders')).toEqual([]);
  });
});

describe('what is kept', () => {
  const full: KubeObject = {
    metadata: { namespace: 'shop', name: 'a', resourceVersion: '1', managedFields: [{}] } as never,
    data: { nested: { deep: ['value'] } },
  };

  it('leaves managedFields out and takes no part of the original away', () => {
    const { cache } = cacheWithChanges();
    expect(cache.project(full).metadata).not.toHaveProperty('managedFields');
    expect(full.metadata).toHaveProperty('managedFields');
  });

  it('is what the transform returns', () => {
    const { cache } = cacheWithChanges(({ metadata }) => ({ metadata }));
    expect(Object.keys(cache.project(full))).toEqual(['metadata']);
  });

  it('cannot be changed by a reader', () => {
    const { cache } = cacheWithChanges();
    cache.change('ADDED', cache.project(structuredClone(full)));
    const kept = cache.get('shop', 'a') as { data: { nested: { deep: string[] } } } | undefined;
    expect(() => kept?.data.nested.deep.push('more')).toThrow(TypeError);
    expect(() => Object.assign(kept ?? {}, { spec: {} })).toThrow(TypeError);
  });
});
