// What a reflector does when things go wrong: it comes back, it does not storm, and it lists
// again only where the resource version is of no more use.
import { afterEach, describe, expect, it } from 'vitest';
import { TransportError } from '../../../../operator/kube/api-errors.ts';
import { settle } from '../../../support/fake-clock.ts';
import {
  bookmark,
  event,
  inBandError,
  refusal,
  scripted,
  startReflector,
} from './reflector-fixture.ts';
import { configMap, type ScriptedClient } from './scripted-client.ts';

const HOUR_MS = 3_600_000;
const reset = () => new TransportError('DKV_KUBE_UNREACHABLE', 'connection reset');

let stop = async () => {};
afterEach(() => stop());

function start(...args: Parameters<typeof startReflector>) {
  const parts = startReflector(...args);
  stop = parts.stop;
  return parts;
}

/** How many calls of a kind came in the last hour of the test. */
const count = (client: ScriptedClient, verb: string) =>
  client.calls.filter((call) => call.verb === verb).length;

describe('a connection that breaks', () => {
  it('is made again after a short pause, from the last version, without a list', async () => {
    const client = scripted();
    const { changes, restarts } = start(client);
    await settle();
    client.lastWatch.send(event('ADDED', 'a', '11'), reset());
    await settle();
    expect(client.verbs).toBe('list watch');
    await client.clock.advance(800);
    expect(client.verbs).toBe('list watch watch');
    expect(client.lastWatch.options.resourceVersion).toBe('11');
    client.lastWatch.send(event('ADDED', 'b', '12'));
    await settle();
    expect(changes).toEqual(['added a', 'added b']);
    expect(restarts).toEqual(['failed']);
  });

  it('is not made again more than twice a minute in an hour without a server', async () => {
    const client = scripted();
    client.refusals = [reset()];
    const { reflector } = start(client);
    await client.clock.advance(HOUR_MS);
    expect(count(client, 'list')).toBe(1);
    expect(count(client, 'watch')).toBeLessThan(130);
    expect(count(client, 'watch')).toBeGreaterThan(100);
    expect(reflector.state().lastError?.message).toBe('connection reset');
    client.refusals = [undefined];
    await client.clock.advance(30_000);
    client.lastWatch.send(bookmark('12'));
    await settle();
    expect(reflector.state().lastError).toBeUndefined();
  });

  it('after a long healthy time costs only the first, short pause', async () => {
    const client = scripted();
    client.refusals = [reset(), reset(), reset(), reset(), reset(), undefined];
    const { reflector } = start(client);
    await client.clock.advance(60_000);
    expect(reflector.state().failures).toBe(5);
    await client.clock.advance(60_000);
    const watches = count(client, 'watch');
    client.lastWatch.send(reset());
    await client.clock.advance(800);
    expect(count(client, 'watch')).toBe(watches + 1);
    expect(reflector.state().failures).toBe(1);
  });
});

describe('a server that does not list', () => {
  it('is asked again with growing pauses, and for ever', async () => {
    const client = scripted();
    client.lists = [refusal(503)];
    const { reflector } = start(client);
    await client.clock.advance(HOUR_MS);
    expect(count(client, 'list')).toBeLessThan(130);
    expect(reflector.state().lastError?.statusCode).toBe(503);
    client.lists = [{ items: [configMap('a', '3')], resourceVersion: '9' }];
    await client.clock.advance(30_000);
    expect(reflector.state().synced).toBe(true);
  });
});

describe('a resource version that is of no more use', () => {
  for (const [name, error] of [
    ['410 as an answer', refusal(410, { reason: 'Expired' })],
    ['a version too large', refusal(504, { details: { causes: [tooLarge()] } })],
    ['404, for a kind that went away', refusal(404)],
    ['400', refusal(400)],
  ] as const) {
    it(`leads to a list: ${name}`, async () => {
      const client = scripted();
      client.refusals = [error, undefined];
      client.lists = [
        { items: [configMap('old', '3')], resourceVersion: '10' },
        { items: [configMap('new', '14')], resourceVersion: '20' },
      ];
      const { cache } = start(client);
      await client.clock.advance(1000);
      expect(client.verbs).toBe('list watch list watch');
      expect(client.lastWatch.options.resourceVersion).toBe('20');
      expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['new']);
    });
  }

  it('leads to a list: 410 in band', async () => {
    const client = scripted();
    const { restarts } = start(client);
    await settle();
    client.lastWatch.send(event('ADDED', 'a', '11'), inBandError(410, 'Expired'));
    await client.clock.advance(1000);
    expect(client.verbs).toBe('list watch list watch');
    expect(restarts).toEqual(['expired']);
  });

  it('does not lead to a storm of lists when each watch is answered so', async () => {
    const client = scripted();
    client.greeting = [inBandError(410, 'Expired')];
    start(client);
    await client.clock.advance(HOUR_MS);
    expect(count(client, 'list')).toBeLessThan(135);
    expect(count(client, 'watch')).toBeLessThan(135);
  });
});

describe('other errors', () => {
  for (const statusCode of [401, 403, 429, 500, 503]) {
    it(`${statusCode} is waited out without a list`, async () => {
      const client = scripted();
      client.refusals = [refusal(statusCode), refusal(statusCode), undefined];
      const { reflector, restarts } = start(client);
      await settle();
      expect(reflector.state().lastError?.statusCode).toBe(statusCode);
      await client.clock.advance(3000);
      expect(client.verbs).toBe('list watch watch watch');
      expect(restarts).toEqual(['refused', 'refused']);
    });
  }

  it('in band are waited out too', async () => {
    const client = scripted();
    const { reflector } = start(client);
    await settle();
    client.lastWatch.send(inBandError(500, 'InternalError'));
    await settle();
    expect(reflector.state().lastError?.statusCode).toBe(500);
    await client.clock.advance(1000);
    expect(client.verbs).toBe('list watch watch');
  });

  it('in band without end do not lead to a storm', async () => {
    const client = scripted();
    client.greeting = [inBandError(500)];
    start(client);
    await client.clock.advance(HOUR_MS);
    expect(client.calls.length).toBeLessThan(135);
  });
});

describe('a server that ends each watch at once', () => {
  for (const [name, greeting] of [
    ['without a word', ['end' as const]],
    ['after a bookmark', [bookmark('11'), 'end' as const]],
  ] as const) {
    it(`is not asked in a hot loop: ${name}`, async () => {
      const client = scripted();
      client.greeting = [...greeting];
      const { restarts } = start(client);
      await client.clock.advance(HOUR_MS);
      expect(client.calls.length).toBeLessThan(135);
      expect(new Set(restarts)).toEqual(new Set(['short']));
    });
  }

  it('is not asked in a hot loop even when chance gives the shortest pause each time', async () => {
    const client = scripted();
    client.greeting = ['end'];
    start(client, { random: () => 0 });
    await client.clock.advance(60_000);
    expect(client.calls.length).toBeLessThanOrEqual(602);
  });
});

describe('silence', () => {
  it('of 90 s ends a watch; the next begins at once from the last version', async () => {
    const client = scripted();
    const { restarts } = start(client);
    await settle();
    client.lastWatch.send(event('ADDED', 'a', '11'));
    await client.clock.advance(89_999);
    expect(client.watches).toHaveLength(1);
    await client.clock.advance(1);
    expect(client.watches).toHaveLength(2);
    expect(client.watches[0]?.signal.aborted).toBe(true);
    expect(client.lastWatch.options.resourceVersion).toBe('11');
    expect(restarts).toEqual(['silent']);
  });

  it('is broken by each bookmark', async () => {
    const client = scripted();
    start(client);
    for (let minute = 0; minute < 60; minute += 1) {
      await client.clock.advance(60_000);
      client.lastWatch.send(bookmark(String(100 + minute)));
    }
    await settle();
    expect(client.watches).toHaveLength(1);
  });

  it('of two watches in a row leads to a list: something may hold events back', async () => {
    const client = scripted();
    start(client);
    await client.clock.advance(180_000);
    expect(client.verbs).toBe('list watch watch list watch');
  });

  it('before the answer to a watch ends it too', async () => {
    const client = scripted();
    let asked = 0;
    client.watch = async (_type, _options, signal) => {
      asked += 1;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    };
    start(client);
    await client.clock.advance(90_000);
    expect(asked).toBe(2);
  });
});

function tooLarge() {
  return { reason: 'ResourceVersionTooLarge' };
}
