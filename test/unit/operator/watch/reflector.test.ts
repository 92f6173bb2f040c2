// The reflector's ordinary life: list in pages, watch from there, take in events and bookmarks,
// and watch on without a list when the server ends a watch.
import { afterEach, describe, expect, it } from 'vitest';
import type { ListOptions } from '../../../../operator/kube/client.ts';
import { settle } from '../../../support/fake-clock.ts';
import { bookmark, event, refusal, scripted, startReflector } from './reflector-fixture.ts';
import { configMap } from './scripted-client.ts';

let stop = async () => {};
afterEach(() => stop());

function start(...args: Parameters<typeof startReflector>) {
  const parts = startReflector(...args);
  stop = parts.stop;
  return parts;
}

describe('the first list', () => {
  it('asks for pages of 500 until there are no more, then watches from its version', async () => {
    const client = scripted();
    client.lists = [
      { items: [configMap('a', '3')], resourceVersion: '10', continueToken: 'more' },
      { items: [configMap('b', '4')], resourceVersion: '10' },
    ];
    const { cache } = start(client);
    await settle();
    const asked = { namespace: 'shop', labelSelector: 'a=b', limit: 500 };
    expect(client.calls.slice(0, 2).map(({ options }) => options)).toEqual([
      { ...asked, continueToken: undefined },
      { ...asked, continueToken: 'more' },
    ]);
    expect(client.lastWatch.options.resourceVersion).toBe('10');
    expect(client.lastWatch.options.labelSelector).toBe('a=b');
    expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it('makes the reflector synced, and not before', async () => {
    const client = scripted();
    client.lists = [new Error('refused'), { items: [], resourceVersion: '1' }];
    const { reflector } = start(client);
    let synced = false;
    void reflector.whenSynced().then(() => {
      synced = true;
    });
    await settle();
    expect([synced, reflector.state().synced]).toEqual([false, false]);
    await client.clock.advance(1000);
    expect([synced, reflector.state().synced]).toEqual([true, true]);
  });

  it('begins with the first page again, later, after a 410 in the middle', async () => {
    const client = scripted();
    client.lists = [
      { items: [configMap('a', '3')], resourceVersion: '10', continueToken: 'old' },
      refusal(410, { reason: 'Expired' }),
      { items: [configMap('b', '4')], resourceVersion: '20' },
    ];
    const { cache } = start(client);
    await client.clock.advance(1000);
    const tokens = client.calls.map(({ options }) => (options as ListOptions).continueToken);
    expect(tokens.slice(0, 3)).toEqual([undefined, 'old', undefined]);
    expect(client.calls[2]?.atMs).toBeGreaterThan(100);
    expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
  });

  it('is given up and tried again later when the pages never end', async () => {
    const client = scripted();
    client.lists = [{ items: [], resourceVersion: '1', continueToken: 'for ever' }];
    const { reflector } = start(client, { limits: { pages: 3 } });
    await settle();
    expect(client.calls).toHaveLength(3);
    expect(reflector.state().lastError?.message).toContain('does not end within 3 pages');
  });
});

describe('a watch', () => {
  it('asks for an end between 300 and 600 s', async () => {
    for (const [random, seconds] of [
      [0, 300],
      [0.999, 600],
    ] as const) {
      const client = scripted();
      const { stop: end } = startReflector(client, { random: () => random });
      await settle();
      expect(client.lastWatch.options.timeoutSeconds).toBe(seconds);
      await end();
    }
  });

  it('brings every change into the cache', async () => {
    const client = scripted();
    client.lists = [{ items: [configMap('a', '3'), configMap('b', '4')], resourceVersion: '10' }];
    const { changes } = start(client);
    await settle();
    client.lastWatch.send(
      event('ADDED', 'c', '11'),
      event('MODIFIED', 'a', '12'),
      event('DELETED', 'b', '13'),
    );
    await settle();
    expect(changes).toEqual(['added a', 'added b', 'added c', 'changed a', 'removed b']);
  });

  it('passes over event types that it does not know', async () => {
    const client = scripted();
    const { changes } = start(client);
    await settle();
    const strange = { ...event('ADDED', 'x', '11'), type: 'RENAMED' as 'ADDED' };
    client.lastWatch.send(strange, event('ADDED', 'y', '12'));
    await settle();
    expect(changes).toEqual(['added y']);
  });

  it('that the server ends goes on at once from the last version, without a list', async () => {
    const client = scripted();
    const { restarts } = start(client);
    await settle();
    client.lastWatch.send(event('ADDED', 'a', '11'), bookmark('25'));
    await client.clock.advance(5000);
    client.lastWatch.send('end');
    await settle();
    expect(client.verbs).toBe('list watch watch');
    expect(client.lastWatch.options.resourceVersion).toBe('25');
    expect(restarts).toEqual(['ended']);
  });

  it('goes on when the cache throws, and says so', async () => {
    const client = scripted();
    const transform = () => {
      throw new Error('cannot read this object');
    };
    const { sinkErrors, reflector } = start(client, { transform });
    await settle();
    client.lastWatch.send(event('ADDED', 'a', '11'), event('ADDED', 'b', '12'));
    await settle();
    expect(sinkErrors).toHaveLength(2);
    expect(client.verbs).toBe('list watch');
    expect(reflector.state().failures).toBe(0);
  });
});

describe('the state', () => {
  it('knows when the server was last heard', async () => {
    const client = scripted();
    const { reflector } = start(client);
    await client.clock.advance(40_000);
    client.lastWatch.send(bookmark('11'));
    await client.clock.advance(2000);
    const { kind, namespace, lastContactTimeMs } = reflector.state();
    expect([kind, namespace, lastContactTimeMs]).toEqual(['ConfigMap', 'shop', 40_000]);
  });

  it('is a copy that nobody else can change', async () => {
    const client = scripted();
    const { reflector } = start(client);
    reflector.state().synced = true;
    expect(reflector.state().synced).toBe(false);
  });
});

describe('stopping', () => {
  it('ends a watch, and nothing is asked any more', async () => {
    const client = scripted();
    const { stop: end } = startReflector(client);
    await settle();
    await end();
    await client.clock.advance(3_600_000);
    expect(client.verbs).toBe('list watch');
    expect(client.lastWatch.signal.aborted).toBe(true);
    expect(client.clock.timers).toBe(0);
  });

  it('ends a pause', async () => {
    const client = scripted();
    client.lists = [new Error('refused')];
    const { stop: end } = startReflector(client);
    await settle();
    await end();
    expect(client.clock.timers).toBe(0);
    expect(client.verbs).toBe('list');
  });
});
