// Children that do not stay as they were written: how long each is left alone.
import { describe, expect, it } from 'vitest';
import { Contention } from '../../../../operator/apply/contention.ts';
import { contentionLimits } from '../../../../operator/limits.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { round, worn } from './contested.ts';

const { immediateWrites, baseDelayMs, maxDelayMs, calmMs } = contentionLimits;
const SECOND_MS = 1000;

describe('a child that somebody sets back each time', () => {
  it('is put back at once a few times, and then after ever longer pauses', async () => {
    const made = await worn();
    for (const seconds of [1, 2, 4, 8]) {
      expect(await round(made)).toBe('unchanged');
      await made.clock.advance(seconds * SECOND_MS - 1);
      expect(await made.apply()).toBe('unchanged');
      await made.clock.advance(1);
      expect(await made.apply()).toBe('updated');
    }
  });

  it('waits for no more than the longest pause', async () => {
    const made = await worn();
    for (let turn = 0; turn < 20; turn += 1) {
      await made.clock.advance(maxDelayMs);
      expect(await round(made)).toBe('updated');
    }
  });

  it('costs no call while it waits, and is due by itself', async () => {
    const made = await worn();
    made.edit();
    made.client.actions.length = 0;
    await made.apply();
    expect(made.client.actions).toEqual([]);
    expect(made.contention.nextSeconds('shop/orders')).toBe(baseDelayMs / SECOND_MS);
    await made.clock.advance(baseDelayMs);
    expect(made.contention.nextSeconds('shop/orders')).toBeUndefined();
    expect(await made.apply()).toBe('updated');
  });

  it('is put back at once when something else is asked', async () => {
    const made = await worn();
    made.want({ metadata: { labels: { team: 'a' } } });
    expect(await round(made)).toBe('updated');
    expect(await round(made)).toBe('updated');
  });

  it('is put back at once when there was peace for long enough', async () => {
    const made = await worn();
    await made.clock.advance(calmMs);
    for (let turn = 0; turn < immediateWrites; turn += 1) {
      expect(await round(made)).toBe('updated');
    }
    expect(await round(made)).toBe('unchanged');
  });

  it('is put back at once when its DumbKV is another one', async () => {
    const made = await worn();
    made.contention.forget('shop/orders');
    expect(made.contention.nextSeconds('shop/orders')).toBeUndefined();
    expect(await round(made)).toBe('updated');
  });
});

describe('the memory', () => {
  it('keeps children apart, by their names and by their DumbKVs', () => {
    const clock = new FakeClock();
    const memory = new Contention(() => clock.nowMs());
    const keys = ['shop/a', 'shop/b'].flatMap((owner) =>
      ['Service/a', 'Ingress/a'].map((child) => ({ owner, child })),
    );
    memory.noteWrite({ owner: 'shop/a', child: 'Service/a' }, 'wish', undefined);
    const writes = keys.map((key) => memory.recall(key, 'wish')?.writes);
    expect(writes).toEqual([1, undefined, undefined, undefined]);
  });
});
