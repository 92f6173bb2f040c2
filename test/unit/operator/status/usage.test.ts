// How full a volume is shown to be: whole steps that do not flap, pressure that comes and goes at
// different levels, and nothing where nothing sound is known.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../../../../operator/status/compute.ts';
import {
  formerUsage,
  type Usage,
  usageAfter,
  volumeRoomFrom,
} from '../../../../operator/status/usage.ts';
import { dumbkv } from '../../../support/objects.ts';
import { conditionOf, facts, typesOf } from './facts.ts';

const used = (percent: number) => ({ sizeBytes: 1e6, availableBytes: 1e6 - percent * 1e4 });
const shownBy = (...percents: number[]): Usage | undefined =>
  percents.reduce<Usage | undefined>((shown, next) => usageAfter(used(next), shown), undefined);
const calm = (percent: number): Usage => ({ percent, isPressing: false });
const pressing = (percent: number): Usage => ({ percent, isPressing: true });

describe('what is shown', () => {
  it.each([
    [0, calm(0)],
    [4.9, calm(0)],
    [5, calm(5)],
    [84.9, calm(80)],
    [85, pressing(85)],
    [99.9, pressing(95)],
    [100, pressing(100)],
  ])('of a volume that is met for the first time at %d %%', (percent, usage) => {
    expect(shownBy(percent)).toEqual(usage);
  });

  it.each<[number[], Usage]>([
    [[35, 39.9, 31, 39.9], calm(35)],
    [[35, 40, 39, 36, 44.9], calm(40)],
    [[35, 30], calm(30)],
    [[84.9, 84.99], calm(80)],
    [[84.9, 85, 84.9, 80.1], pressing(85)],
    [[84.9, 85, 80], pressing(80)],
    [[85, 79.9], calm(75)],
    [[85, 79.9, 84.9], calm(80)],
    [[85, 79.9, 84.9, 85], pressing(85)],
    [[96, 20], calm(20)],
  ])('after %j, one after the other', (percents, usage) => {
    expect(shownBy(...percents)).toEqual(usage);
  });

  it('is the very same while nothing is to be told', () => {
    const shown = pressing(85);
    expect(usageAfter(used(88), shown)).toBe(shown);
  });

  it('is never further off than a step, and pressing as the levels say', () => {
    const percents = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(percents, (all) => {
        const shown = shownBy(...all);
        const last = all.at(-1) ?? 0;
        expect(Math.abs((shown?.percent ?? -1) - last)).toBeLessThan(5.001);
        if (last < 79.99) expect(shown?.isPressing).toBe(false);
        if (last > 85.01) expect(shown?.isPressing).toBe(true);
      }),
    );
  });
});

describe('the status', () => {
  it('has it beside the capacity, and the condition only while it presses', () => {
    expect(statusOf(facts({ usage: calm(80) })).storage).toEqual({ capacity: '1Gi', used: '80%' });
    expect(typesOf({ usage: calm(80) })).not.toContain('StoragePressure');
    const { status, message } = conditionOf('StoragePressure', { usage: pressing(90) }) ?? {};
    expect(status).toBe('True');
    expect(message).toBe(
      '90 % of the volume is used, and once it is full nothing more can be written. ' +
        'Set spec.storage.size to more than 1Gi.',
    );
    expect(conditionOf('Ready', { usage: pressing(100) })?.status).toBe('True');
  });

  it('claims nothing of what is not known, and of no volume', () => {
    expect(statusOf(facts()).storage).toEqual({ capacity: '1Gi' });
    const children = { claim: undefined };
    expect(statusOf(facts({ usage: pressing(90), children })).storage).toBeUndefined();
    expect(typesOf({ usage: pressing(90), children })).not.toContain('StoragePressure');
  });

  it.each([undefined, calm(0), calm(80), pressing(80), pressing(100)])(
    'tells the next operator what was shown: %o',
    (usage) => {
      expect(formerUsage(statusOf(facts({ usage })))).toEqual(usage);
    },
  );

  it.each(['', '5', '5 %', '-5%', '1000%', 'x5%'])(
    'is passed over where it is not ours: %j',
    (percent) => {
      const status = { storage: { capacity: '1Gi', used: percent } };
      expect(formerUsage({ ...dumbkv({ status }).status })).toBeUndefined();
    },
  );
});

describe('the metrics of a server', () => {
  const metrics = (size: unknown, available: unknown) =>
    '# TYPE dumbkv_volume_size_bytes gauge\n' +
    `dumbkv_volume_size_bytes ${size}\n# TYPE other gauge\nother 1\n` +
    `dumbkv_volume_available_bytes ${available}\nmore 2\n`;

  it.each([
    [1000, 400, 1000, 400],
    ['1.073741824e+09', '0', 1_073_741_824, 0],
    [1000, 1000, 1000, 1000],
  ])('tell of the room: %s, %s', (size, available, sizeBytes, availableBytes) => {
    expect(volumeRoomFrom(metrics(size, available))).toEqual({ sizeBytes, availableBytes });
  });

  it.each([
    [0, 0],
    [-1, -2],
    ['NaN', 1],
    ['+Inf', 1],
    [1000, 'NaN'],
    [1000, -1],
    [1000, 1001],
    ['1000 2000', 1],
    ['1e999', 1],
    ['1.2.3', 1],
    ['', ''],
  ])('that are none tell nothing: %s, %s', (size, available) => {
    expect(volumeRoomFrom(metrics(size, available))).toBeUndefined();
  });

  it.each([
    '',
    'dumbkv_volume_size_bytes 10',
    'dumbkv_volume_available_bytes 10',
    'x_dumbkv_volume_size_bytes 10\ndumbkv_volume_available_bytes 1',
    '<html>dumbkv_volume_size_bytes 10 dumbkv_volume_available_bytes 1</html>',
  ])('that lack one tell nothing: %j', (text) => {
    expect(volumeRoomFrom(text)).toBeUndefined();
  });
});
