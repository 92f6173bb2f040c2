// A reflector against a real API server behind a proxy that misbehaves: events are seen again
// within seconds whatever happens, and the API server is not stormed meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { WatchLimits } from '../../../operator/watch/reflector.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import type { Behaviour } from '../../support/misbehaving-proxy.ts';
import { until } from '../../support/until.ts';
import { IMPATIENT, type ProxiedWatch, startProxiedWatch } from './proxied-watch.ts';

const controlPlane = useControlPlane({ crd: false });

let watch: ProxiedWatch | undefined;
afterEach(async () => {
  await watch?.end();
  watch = undefined;
});

/** Starts a watch that has seen its first event. */
async function watching(limits?: Partial<WatchLimits>): Promise<ProxiedWatch> {
  watch = await startProxiedWatch(controlPlane(), limits);
  await watch.seesNew();
  return watch;
}

/** Lets the proxy misbehave to all requests for a while; how many came. */
async function misbehaveFor(parts: ProxiedWatch, forMs: number, behaviour: Behaviour) {
  const before = parts.proxy.requests.length;
  parts.proxy.behave(() => behaviour);
  parts.proxy.resetWatches();
  await sleep(forMs);
  const asked = parts.asked(before);
  parts.proxy.behaveWell();
  return asked;
}

describe('a watch that works', () => {
  it('is one list and one watch, however many events come', async () => {
    const parts = await watching();
    for (let times = 0; times < 5; times += 1) await parts.seesNew();
    expect(parts.asked()).toMatchObject({ lists: 1, watches: 1 });
    expect(parts.proxy.openWatches()).toBe(1);
  });

  it('asks for bookmarks, an end, and only for its label', async () => {
    const parts = await watching();
    const path = parts.asked().all.find(({ isWatch }) => isWatch)?.path ?? '';
    const query = new URL(path, 'https://any').searchParams;
    expect(query.get('allowWatchBookmarks')).toBe('true');
    expect(query.get('labelSelector')).toBe('test=watched');
    const seconds = Number(query.get('timeoutSeconds'));
    expect(seconds >= 300 && seconds <= 600).toBe(true);
  });

  it('that the server ends in its time is begun again without a list', async () => {
    const parts = await watching({ timeoutMinSeconds: 2, timeoutMaxSeconds: 2 });
    await until('the server ends a watch', () => parts.restarts.includes('ended'));
    await parts.seesNew();
    expect(parts.asked().lists).toBe(1);
  });
});

describe('a watch that stalls', () => {
  it('is left, and what happened meanwhile is seen', async () => {
    const parts = await watching(IMPATIENT);
    const before = parts.proxy.requests.length;
    parts.proxy.stallWatches();
    await parts.seesNew();
    expect(parts.restarts).toContain('silent');
    expect(parts.asked(before).all.length).toBeLessThan(20);
  });

  it('again and again, from its first byte, still shows what happens, by lists', async () => {
    const parts = await watching(IMPATIENT);
    parts.proxy.behave(({ isWatch }) => ({ kind: isWatch ? 'stall' : 'pass' }));
    parts.proxy.stallWatches();
    const before = parts.proxy.requests.length;
    await parts.seesNew();
    await parts.seesNew();
    expect(parts.asked(before).all.length).toBeLessThan(40);
  });
});

describe('connections that break', () => {
  it('by a reset are made again, without a list', async () => {
    const parts = await watching();
    for (let times = 0; times < 3; times += 1) {
      parts.proxy.resetWatches();
      await parts.seesNew();
    }
    expect(parts.asked().lists).toBe(1);
    expect(parts.asked().watches).toBeLessThan(10);
  });

  it('in the middle of an event are made again, and the event is seen', async () => {
    const parts = await watching();
    parts.proxy.cutWatches();
    await parts.seesNew();
    parts.proxy.behave(({ isWatch }) =>
      isWatch ? { kind: 'cut', afterBytes: 25 } : { kind: 'pass' },
    );
    parts.proxy.resetWatches();
    const name = await parts.make();
    await until('two watches are cut', () => parts.restarts.length > 2);
    parts.proxy.behaveWell();
    await until('the event is seen', () => parts.cache.get('default', name));
  });

  it('at each try for a while do not become a storm', async () => {
    const parts = await watching();
    const { all } = await misbehaveFor(parts, 4000, { kind: 'reset' });
    expect(all.length).toBeLessThan(40);
    await parts.seesNew();
    expect(parts.asked().lists).toBe(1);
  });

  it('for good while the API server restarts are made again when it is back', async () => {
    const parts = await watching();
    await controlPlane().stopApiServer();
    const name = parts.cache.list()[0]?.metadata.name ?? '';
    await until('the watch fails', () => parts.reflector.state().lastError);
    expect(parts.cache.get('default', name)).toBeDefined();
    await controlPlane().startApiServer();
    await parts.seesNew();
    expect(parts.reflector.state().lastError).toBeUndefined();
  });
});

describe('answers that are errors', () => {
  for (const statusCode of [401, 500]) {
    it(`${statusCode} for a while does not become a storm, and passes`, async () => {
      const parts = await watching();
      const { all } = await misbehaveFor(parts, 4000, { kind: 'answer', statusCode });
      expect(all.length).toBeLessThan(40);
      expect(parts.reflector.state().lastError?.statusCode).toBe(statusCode);
      await parts.seesNew();
      expect(parts.asked().lists).toBe(1);
    });
  }

  it('410 leads to a list, each time with a pause', async () => {
    const parts = await watching();
    const gone: Behaviour = { kind: 'answer', statusCode: 410 };
    parts.proxy.behave(({ isWatch }) => (isWatch ? gone : { kind: 'pass' }));
    const before = parts.proxy.requests.length;
    parts.proxy.resetWatches();
    await parts.seesNew();
    await until('some watches are refused', () => parts.asked(before).watches > 3);
    expect(parts.asked(before).lists).toBeLessThan(20);
    parts.proxy.behaveWell();
    await until('a watch is open', () => parts.proxy.openWatches() === 1);
    await parts.seesNew();
  });

  it('410 in band leads to a list too', async () => {
    const parts = await watching();
    const status = { kind: 'Status', code: 410, reason: 'Expired', metadata: {} };
    const expired: Behaviour = { kind: 'events', events: [{ type: 'ERROR', object: status }] };
    parts.proxy.behave(({ isWatch }) => (isWatch ? expired : { kind: 'pass' }));
    parts.proxy.resetWatches();
    await until('the watch expires', () => parts.restarts.includes('expired'));
    await parts.seesNew();
    parts.proxy.behaveWell();
    await parts.seesNew();
  });

  it('that are no JSON, from something in between, are waited out', async () => {
    const parts = await watching();
    const page: Behaviour = { kind: 'answer', statusCode: 200, body: '<html>sign in</html>' };
    const { all } = await misbehaveFor(parts, 3000, page);
    expect(all.length).toBeLessThan(40);
    await parts.seesNew();
  });
});

describe('changes while nobody watched', () => {
  it('are all seen after a list: gone, changed, and made again under the same name', async () => {
    const parts = await watching();
    const [kept, gone] = [await parts.make(), await parts.make()];
    await until('the cache has both', () => parts.cache.get('default', gone));
    const uid = parts.cache.get('default', kept)?.metadata.uid;
    const told: string[] = [];
    parts.cache.subscribe(({ kind, object }) => told.push(`${kind} ${object.metadata.name}`));
    parts.proxy.behave(() => ({ kind: 'answer', statusCode: 410 }));
    parts.proxy.resetWatches();
    const type = parts.cache.type;
    for (const name of [kept, gone]) await parts.direct.remove(type, 'default', name, {});
    const metadata = { namespace: 'default', name: kept, labels: { test: 'watched' } };
    await parts.direct.create(type, { metadata });
    parts.proxy.behaveWell();
    await until('all is seen', () => {
      const made = parts.cache.get('default', kept)?.metadata.uid;
      return made !== uid && !parts.cache.get('default', gone);
    });
    expect(told.sort()).toEqual([`added ${kept}`, `removed ${gone}`, `removed ${kept}`].sort());
  });
});
