// How much is asked at once, and that nothing goes on being asked for an instance that is gone, has
// other endpoints, or is somebody else's to look after.
import { describe, expect, it } from 'vitest';
import { probeLimits } from '../../../../operator/limits.ts';
import type { ProbeAnswer } from '../../../../operator/status/reach.ts';
import { settle } from '../../../support/fake-clock.ts';
import { dumbkv } from '../../../support/objects.ts';
import { askedWith } from './asked-with.ts';

const FINE: ProbeAnswer = { outcome: 'healthy', detail: '200' };
const AWAY: ProbeAnswer = { outcome: 'refused', detail: 'ECONNREFUSED' };
const one = (index: number) => dumbkv({ metadata: { name: `kv-${index}`, uid: `uid-${index}` } });
const MANY = probeLimits.atOnce * 2 + 5;

function lookAtMany(look: (endpoints: string, object: ReturnType<typeof dumbkv>) => unknown) {
  for (let index = 0; index < MANY; index += 1) look('a', one(index));
}

describe('of many instances', () => {
  it('only so many are asked at once', async () => {
    const { open, look } = askedWith('never');
    lookAtMany(look);
    await settle();
    expect(open.size).toBe(probeLimits.atOnce);
  });

  it('each is asked in its turn, once, as places become free', async () => {
    const { asked, look, news } = askedWith(FINE);
    lookAtMany(look);
    await settle();
    expect(asked).toHaveLength(MANY);
    expect(new Set(asked).size).toBe(MANY);
    expect(news).toHaveLength(MANY);
  });

  it('one that is gone leaves its place to the next, in work or in line', async () => {
    const { open, asked, look, reachability } = askedWith('never');
    lookAtMany(look);
    reachability.forget(`shop/kv-${MANY - 1}`);
    for (let index = 0; index < 4; index += 1) reachability.forget(`shop/kv-${index}`);
    await settle();
    expect(open.size).toBe(probeLimits.atOnce);
    expect(asked).toHaveLength(probeLimits.atOnce + 4);
    for (let index = 4; index < MANY; index += 1) reachability.forget(`shop/kv-${index}`);
    await settle();
    expect(open.size).toBe(0);
    expect(asked).not.toContain(`http://kv-${MANY - 1}.shop.svc/health`);
  });
});

describe('of one instance', () => {
  it('one question is open at a time, however its endpoints change', async () => {
    const { open, asked, look, news } = askedWith('never');
    for (const endpoints of ['a', 'b', 'c', 'a']) {
      look(endpoints);
      await settle();
      expect(open.size).toBe(1);
    }
    expect(asked).toHaveLength(4);
    expect(news).toEqual([]);
  });

  it('an answer that comes after it has lost its endpoints counts for nothing', async () => {
    const { open, look, news, reachability } = askedWith('never');
    look('a');
    reachability.look(dumbkv(), undefined);
    await settle();
    expect(open.size).toBe(0);
    expect(news).toEqual([]);
    expect(reachability.look(dumbkv(), undefined)).toMatchObject({ reason: 'NotAsked' });
  });

  it('no try is made any more once it is forgotten', async () => {
    const { asked, look, clock, reachability } = askedWith(AWAY);
    look();
    await settle();
    expect(clock.timers).toBe(1);
    reachability.forget('shop/orders');
    expect(clock.timers).toBe(0);
    await clock.advance(600_000);
    expect(asked).toHaveLength(1);
  });
});

describe('the end of the leadership', () => {
  it('ends all questions, tries and lines, and nothing is asked any more', async () => {
    const { open, asked, look, clock, stop, news } = askedWith(AWAY, 'never');
    look('a', one(0));
    await settle();
    lookAtMany(look);
    await settle();
    const before = asked.length;
    stop.abort();
    await clock.advance(600_000);
    look('b');
    await settle();
    expect(open.size).toBe(0);
    expect(clock.timers).toBe(0);
    expect(asked).toHaveLength(before);
    expect(news).toEqual([]);
  });
});
