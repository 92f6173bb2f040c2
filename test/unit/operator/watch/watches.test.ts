// Namespaces that stand by themselves: one that cannot be listed keeps no other waiting, is named,
// and is worked on when it can be listed at last, with all that was seen meanwhile.
import { describe, expect, it } from 'vitest';
import { DUMBKV, POD } from '../../../../operator/api/resources.ts';
import type { KubeClient, ListOptions } from '../../../../operator/kube/client.ts';
import type { KubeObject, ResourceType } from '../../../../operator/kube/resource.ts';
import type { WatchState } from '../../../../operator/watch/watch-state.ts';
import { Watches } from '../../../../operator/watch/watches.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { dumbkv } from '../../../support/objects.ts';
import { refusal } from './reflector-fixture.ts';
import { ScriptedWatch } from './scripted-client.ts';

const forbidden = refusal(403, { reason: 'Forbidden', message: 'no Role here' });
const objectIn = (namespace: string, name = 'orders', resourceVersion = '5'): KubeObject =>
  dumbkv({ metadata: { namespace, name, uid: `${namespace}/${name}`, resourceVersion } }) as never;

/** Watches over an API server that has a DumbKV in each namespace and refuses what it is told. */
function start(...namespaces: string[]) {
  const clock = new FakeClock();
  const refused = new Set<string>();
  const watches = new Map<string, ScriptedWatch>();
  const seen = { keys: [] as string[], complete: [] as unknown[], failures: [] as WatchState[] };
  const client = {
    list: async (type: ResourceType, { namespace = '' }: ListOptions) => {
      if (refused.has(`${type.kind} ${namespace}`)) throw forbidden;
      const places = namespace === '' ? ['shop', 'bar'] : [namespace];
      const items = type === DUMBKV ? places.map((place) => objectIn(place)) : [];
      return { items, resourceVersion: '9' };
    },
    watch: async (type: ResourceType, options: { namespace?: string }, signal: AbortSignal) => {
      const watch = new ScriptedWatch(options as never, signal);
      watches.set(`${type.kind} ${options.namespace}`, watch);
      return watch;
    },
  } as unknown as KubeClient;
  const under = new Watches({
    ...{ client, clock, random: () => 0.999, namespaces },
    enqueue: (key) => seen.keys.push(key),
    onComplete: (namespace) => seen.complete.push(namespace),
    onFailure: (state) => seen.failures.push(state),
    onRestart: () => {},
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  const stopping = new AbortController();
  let running = Promise.resolve();
  const run = async () => {
    running = under.run(stopping.signal);
    await clock.advance(0);
  };
  const stop = async () => {
    stopping.abort();
    await clock.advance(0);
    await running;
  };
  return { under, clock, refused, watches, seen, run, stop };
}

describe('namespaces of which one cannot be listed', () => {
  it('are worked on without it', async () => {
    const { under, refused, seen, run, stop } = start('shop', 'bar');
    refused.add('Pod bar');
    await run();
    expect(seen.keys).toEqual(['shop/orders']);
    expect(under.keys()).toEqual(['shop/orders']);
    expect(seen.complete).toEqual(['shop']);
    await expect(under.whenFirstComplete()).resolves.toBeUndefined();
    await stop();
  });

  it('are told from it: the failure names it, once as long as the reason stays', async () => {
    const { under, clock, refused, seen, run, stop } = start('shop', 'bar');
    refused.add('Pod bar');
    await run();
    await clock.advance(300_000);
    expect(seen.failures).toMatchObject([
      { kind: 'Pod', namespace: 'bar', synced: false, lastError: { statusCode: 403 } },
    ]);
    const dead = under.states().filter(({ synced }) => !synced);
    expect(dead).toMatchObject([{ kind: 'Pod', namespace: 'bar' }]);
    await stop();
  });

  it('are joined by it when it can be listed, with all that it holds', async () => {
    const { under, clock, refused, watches, seen, run, stop } = start('shop', 'bar');
    refused.add('Pod bar');
    await run();
    watches.get('DumbKV bar')?.send({ type: 'ADDED', object: objectIn('bar', 'carts', '10') });
    await clock.advance(0);
    expect(seen.keys).toEqual(['shop/orders']);
    refused.clear();
    await clock.advance(30_000);
    expect(seen.keys.toSorted()).toEqual(['bar/carts', 'bar/orders', 'shop/orders']);
    expect(seen.complete).toEqual(['shop', 'bar']);
    watches.get('DumbKV bar')?.send({ type: 'ADDED', object: objectIn('bar', 'users', '11') });
    await clock.advance(0);
    expect(seen.keys).toContain('bar/users');
    expect(under.keys()).toHaveLength(4);
    await stop();
  });

  it('whose beginning is the same are not taken for each other', async () => {
    const { refused, seen, run, stop } = start('shop', 'shop-2');
    refused.add('Pod shop');
    await run();
    expect(seen.keys).toEqual(['shop-2/orders']);
    await stop();
  });
});

describe('where nothing can be listed', () => {
  it('there is nothing to work on', async () => {
    const { under, clock, refused, seen, run, stop } = start('shop');
    refused.add('DumbKV shop');
    let isThere = false;
    void under.whenFirstComplete().then(() => {
      isThere = true;
    });
    await run();
    await clock.advance(600_000);
    expect([isThere, seen.keys, under.keys()]).toEqual([false, [], []]);
    await stop();
  });
});

describe('all namespaces', () => {
  it('are one: worked on when every kind is listed', async () => {
    const { under, clock, refused, seen, run, stop } = start();
    refused.add('Pod ');
    await run();
    expect(under.keys()).toEqual([]);
    refused.clear();
    await clock.advance(30_000);
    expect(seen.keys.toSorted()).toEqual(['bar/orders', 'shop/orders']);
    expect(seen.complete).toEqual([undefined]);
    await stop();
  });

  it('hand on what their watches bring, by the key of its DumbKV', async () => {
    const { clock, watches, seen, run, stop } = start();
    await run();
    seen.keys.length = 0;
    const labels = { 'dumbkv.dev/instance': 'carts' };
    const pod = { metadata: { namespace: 'bar', name: 'p', resourceVersion: '12', labels } };
    watches.get(`${POD.kind} undefined`)?.send({ type: 'ADDED', object: pod });
    await clock.advance(0);
    expect(seen.keys).toEqual(['bar/carts']);
    await stop();
  });
});
