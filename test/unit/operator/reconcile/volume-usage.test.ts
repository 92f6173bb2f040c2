// When a server is asked about its volume, what is shown till then, how often it may change, and
// that nothing is claimed where nothing can be known.
import { describe, expect, it } from 'vitest';
import { usageLimits } from '../../../../operator/limits.ts';
import { VolumeUsage } from '../../../../operator/reconcile/volume-usage.ts';
import { NOT_ASKED, OUTSIDE, type Reach, reachFrom } from '../../../../operator/status/reach.ts';
import type { VolumeRoom } from '../../../../operator/status/usage.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { dumbkv, onExternal } from '../../../support/objects.ts';
import { World } from './world.ts';

const ANSWERED = reachFrom({ outcome: 'healthy', detail: '200' });
const SICK = reachFrom({ outcome: 'unhealthy', detail: '503' });
const MESH = reachFrom({ outcome: 'intercepted', detail: '403' });
const MINUTE_MS = 60_000;
const one = (index: number) => dumbkv({ metadata: { name: `kv-${index}`, uid: `uid-${index}` } });

/** Servers that say so much is used, as the test sets it; undefined says nothing. */
function usageWith(initial: number | undefined | 'never') {
  const clock = new FakeClock();
  const stop = new AbortController();
  const asked: string[] = [];
  const news: string[] = [];
  const open = new Set<AbortSignal>();
  const server = { used: initial };
  const read = async (url: string, signal: AbortSignal): Promise<VolumeRoom | undefined> => {
    asked.push(url);
    const { used } = server;
    if (used === undefined) return undefined;
    if (used !== 'never') return { sizeBytes: 100, availableBytes: 100 - used };
    open.add(signal);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    open.delete(signal);
    return { sizeBytes: 100, availableBytes: 0 };
  };
  const onNews = (key: string) => void news.push(key);
  const usage = new VolumeUsage({ read, clock, signal: stop.signal, onNews });
  const look = (reach: Reach = ANSWERED, object = dumbkv(), capacity = '1Gi') =>
    usage.look(object, reach, capacity);
  /** Looks after so many minutes, and again once the server has answered. */
  const later = async (minutes: number, reach: Reach = ANSWERED) => {
    await clock.advance(minutes * MINUTE_MS);
    look(reach);
    await settle();
    return look(reach);
  };
  return { clock, stop, asked, news, open, server, usage, look, later };
}

const calm = (percent: number) => ({ percent, isPressing: false });
const pressing = (percent: number) => ({ percent, isPressing: true });
const found = (used: string, isPressing: boolean) => {
  const lastTransitionTime = '2029-01-01T00:00:00Z';
  const condition = { type: 'StoragePressure', status: 'True' as const, lastTransitionTime };
  const conditions = isPressing ? [{ ...condition, reason: 'R', message: 'M' }] : [];
  return { ...dumbkv(), status: { storage: { capacity: '1Gi', used }, conditions } };
};

describe('an instance that answers', () => {
  it('is asked for its metrics through its Service, and no look waits for that', async () => {
    const { look, asked, news } = usageWith(36);
    expect(look()).toBeUndefined();
    expect(asked).toEqual(['http://orders.shop.svc/metrics']);
    await settle();
    expect(news).toEqual(['shop/orders']);
    expect(look()).toEqual(calm(35));
  });

  it('is asked once in a while, however often it is looked at', async () => {
    const { look, asked, later, news } = usageWith(36);
    for (let times = 0; times < 20; times += 1) look();
    await later(0);
    await later(3.9);
    expect(asked).toHaveLength(1);
    await later(0.1);
    expect(asked).toHaveLength(2);
    expect(news).toHaveLength(1);
  });

  it('is asked at once when its volume has another size', async () => {
    const { look, asked, later, server } = usageWith(90);
    expect(await later(0)).toEqual(pressing(90));
    server.used = 45;
    look(ANSWERED, dumbkv(), '2Gi');
    await settle();
    expect(look(ANSWERED, dumbkv(), '2Gi')).toEqual(calm(45));
    expect(asked).toHaveLength(2);
  });

  it('shows another step ten minutes after the last at the soonest', async () => {
    const { later, server, news } = usageWith(36);
    await later(0);
    server.used = 41;
    expect(await later(5)).toEqual(calm(35));
    server.used = 52;
    expect(await later(5)).toEqual(calm(50));
    server.used = 60;
    expect(await later(5)).toEqual(calm(50));
    expect(await later(5)).toEqual(calm(60));
    expect(news).toHaveLength(3);
  });

  it('shows pressure at once, and its end', async () => {
    const { later, server, news } = usageWith(84);
    expect(await later(0)).toEqual(calm(80));
    server.used = 86;
    expect(await later(4)).toEqual(pressing(85));
    server.used = 79;
    expect(await later(4)).toEqual(calm(75));
    expect(news).toHaveLength(3);
  });
});

describe('an instance that does not serve', () => {
  it.each([NOT_ASKED, SICK])('is not asked, and keeps what was found: $reason', async (reach) => {
    const { later, look, asked } = usageWith(90);
    expect(look(reach)).toBeUndefined();
    expect(asked).toEqual([]);
    await later(0);
    expect(await later(60, reach)).toEqual(pressing(90));
    expect(asked).toHaveLength(1);
  });
});

describe('where it cannot be known', () => {
  it.each([OUTSIDE, MESH])('nothing is asked, and nothing claimed: $reason', async (reach) => {
    const { look, asked, later } = usageWith(90);
    expect(look(reach, found('90%', true))).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await later(0)).toEqual(pressing(90));
    expect(look(reach)).toBeUndefined();
  });

  it('nothing is asked of an instance without a volume', async () => {
    const { look, asked } = usageWith(90);
    expect(look(ANSWERED, dumbkv({ spec: onExternal }))).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('what was found holds until there was no answer three times', async () => {
    const { later, server, news } = usageWith(90);
    await later(0);
    server.used = undefined;
    expect(await later(5)).toEqual(pressing(90));
    expect(await later(5)).toEqual(pressing(90));
    expect(await later(5)).toBeUndefined();
    expect(await later(5)).toBeUndefined();
    expect(news).toHaveLength(2);
    server.used = 91;
    expect(await later(5)).toEqual(pressing(90));
  });
});

describe('after a restart of the operator', () => {
  it('what the status says holds while the server is asked, and the same is no news', async () => {
    const { look, news } = usageWith(81);
    expect(look(ANSWERED, found('85%', true))).toEqual(pressing(85));
    await settle();
    expect(look(ANSWERED, found('85%', true))).toEqual(pressing(85));
    expect(news).toEqual([]);
  });
});

describe('of many instances', () => {
  it('only so many are asked at once, and one that is gone leaves its place', async () => {
    const { look, open, asked, usage } = usageWith('never');
    const many = usageLimits.atOnce + 3;
    for (let index = 0; index < many; index += 1) look(ANSWERED, one(index));
    await settle();
    expect(open.size).toBe(usageLimits.atOnce);
    usage.forget(`shop/kv-${many - 1}`);
    for (let index = 0; index < many; index += 1) usage.forget(`shop/kv-${index}`);
    await settle();
    expect(open.size).toBe(0);
    expect(asked).not.toContain(`http://kv-${many - 1}.shop.svc/metrics`);
  });

  it('one made anew under the name of another is asked for itself', async () => {
    const { look, asked, later } = usageWith(90);
    await later(0);
    expect(look(ANSWERED, dumbkv({ metadata: { uid: 'another' } }))).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  it('none is asked any more when somebody else leads', async () => {
    const { look, open, stop, news, asked } = usageWith('never');
    look();
    await settle();
    stop.abort();
    await settle();
    expect(open.size).toBe(0);
    look();
    expect(asked).toHaveLength(1);
    expect(news).toEqual([]);
  });
});

describe('a reconcile', () => {
  const worldAt = (used: number) => {
    const world = new World();
    const server = { used };
    world.readVolumeRoom = async () => ({ sizeBytes: 100, availableBytes: 100 - server.used });
    return { world, server };
  };
  const told = (world: World) =>
    world.events.filter(({ reason }) => reason === 'VolumeAlmostFull').length;

  it('tells of pressure by a condition, and by an event once', async () => {
    const { world, server } = worldAt(84);
    await world.settle();
    expect(world.condition('StoragePressure')).toBeUndefined();
    for (const [used, condition, events] of [
      [86, 'True VolumeAlmostFull', 1],
      [95, 'True VolumeAlmostFull', 1],
      [81, 'True VolumeAlmostFull', 1],
      [60, undefined, 1],
      [88, 'True VolumeAlmostFull', 2],
    ] as const) {
      server.used = used;
      for (let times = 0; times < 3; times += 1) {
        await world.clock.advance(5 * MINUTE_MS);
        await world.run();
      }
      expect([world.condition('StoragePressure'), told(world)]).toEqual([condition, events]);
      expect(world.condition('Ready')).toBe('True Available');
    }
  });

  it('keeps it while the instance sleeps, and lets go of it with the DumbKV', async () => {
    const { world } = worldAt(90);
    await world.settle();
    world.change({ spec: { suspended: true } });
    await world.settle();
    expect(world.condition('Ready')).toBe('False Suspended');
    expect(world.condition('StoragePressure')).toBe('True VolumeAlmostFull');
    world.change({ metadata: { deletionTimestamp: 'now' } });
    await world.run();
    let asked = 0;
    world.readVolumeRoom = async () => {
      asked += 1;
      return undefined;
    };
    world.change({ spec: { suspended: false }, metadata: { deletionTimestamp: null } });
    await world.settle();
    expect(asked).toBe(1);
  });
});
