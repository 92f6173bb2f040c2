// A volume that fills, a small file system of the node's: the status says how full it is, a
// condition and an event say in time what to do, and both hold when it has been done.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLAIM, DUMBKV, POD } from '../../operator/api/resources.ts';
import { useGround } from './support/ground.ts';
import { makeNodeVolume, type NodeVolume } from './support/node.ts';
import { eventually } from './support/patience.ts';
import { report } from './support/report.ts';
import { TheOperator } from './support/the-operator.ts';

const ground = useGround('pressure');
const VOLUME_MIB = 64;
const GROWN_MIB = 256;
const FULL_ENOUGH_PERCENT = 90;
const VALUE = 'x'.repeat(256 * 1024);
let volume: NodeVolume | undefined;
let operator: TheOperator;

beforeAll(async () => {
  operator = new TheOperator(ground().cluster);
  volume = await makeNodeVolume(ground().cluster, `dumbkv-${ground().namespace}`, VOLUME_MIB);
  await ground().applyDumbkv('orders', {
    storage: { size: `${VOLUME_MIB}Mi`, className: '', volumeName: volume.name },
  });
  await ground().untilReady('orders');
});

afterAll(async () => {
  await ground().remove(DUMBKV, 'orders');
  await untilNoPods();
  await ground().remove(CLAIM, 'orders-data');
  await volume?.remove();
});

const untilNoPods = () =>
  eventually('no pod is on the volume', async () => {
    const pods = await ground().list(POD);
    return pods.every(({ metadata }) => !metadata.name.startsWith('orders-'));
  });

const usedPercent = async (): Promise<number> => {
  const { body } = await (await ground().instance('orders')).open('/metrics');
  const [size = 0, available = 0] = ['size', 'available'].map((what) =>
    Number(new RegExp(`^dumbkv_volume_${what}_bytes (\\S+)$`, 'm').exec(body)?.[1]),
  );
  return ((size - available) * 100) / size;
};

const shownPercent = async (): Promise<number> => {
  const { status } = await ground().get(DUMBKV, 'orders');
  return Number.parseInt(status.storage?.used, 10);
};

/** An operator that has just started asks at once; one that has asked does so in five minutes. */
const haveItAsked = async () => {
  await operator.kill();
  await operator.untilAvailable();
};

it('is told of while there is room', async () => {
  await eventually('the usage is shown', async () => !Number.isNaN(await shownPercent()));
  expect(Math.abs((await shownPercent()) - (await usedPercent()))).toBeLessThan(10);
  expect(await ground().conditions('orders')).not.toHaveProperty('StoragePressure');
});

it('presses when it is nearly full, and the instance serves', async () => {
  const orders = await ground().instance('orders');
  let count = 0;
  for (; (await usedPercent()) < FULL_ENOUGH_PERCENT; count += 1) {
    await orders.put(`key-${count}`, VALUE);
  }
  report(`${count} values of 256 KiB filled ${VOLUME_MIB} MiB to ${FULL_ENOUGH_PERCENT} %`);
  await haveItAsked();
  const shown = await ground().untilShows('orders', 'VolumeAlmostFull', 'StoragePressure');
  expect(shown).toMatchObject({ status: 'True' });
  expect(shown?.message).toContain(`storage.size to more than ${VOLUME_MIB}Mi`);
  expect(await shownPercent()).toBeGreaterThanOrEqual(85);
  await ground().untilReady('orders');
  expect(await orders.get('key-0')).toBe(VALUE);
  const events = await eventually('an event tells of it', async () => {
    const selector = 'reason=VolumeAlmostFull';
    const text = await ground().output(['get', 'events', '--field-selector', selector, '-o=name']);
    return text.trim() === '' ? undefined : text.trim().split('\n');
  });
  expect(events).toHaveLength(1);
});

it('presses no more when it has grown', async () => {
  await ground().change(DUMBKV, 'orders', { spec: { suspended: true } });
  await untilNoPods();
  await volume?.grow(GROWN_MIB);
  await ground().change(DUMBKV, 'orders', { spec: { suspended: false } });
  await ground().untilReady('orders');
  await eventually('the server sees the room', async () => (await usedPercent()) < 50);
  await haveItAsked();
  await eventually('the condition is gone', async () => {
    return (await ground().conditions('orders')).StoragePressure === undefined;
  });
  expect(await shownPercent()).toBeLessThan(50);
  expect(await (await ground().instance('orders')).get('key-0')).toBe(VALUE);
});
