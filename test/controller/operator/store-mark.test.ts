// The mark beside the sealing key that the store was made: it comes with the first pod that serves,
// replaces none, and stays with the key for whoever adopts the data.
import { describe, expect, it } from 'vitest';
import { DUMBKV, POD, SECRET } from '../../../operator/api/resources.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, makeChildren, serve, settleIn, useOperator } from './operator-suite.ts';

const suite = useOperator();
const settle = (place: Place) => settleIn(place, suite.run());

/** The store that the mark names, and the one that the Secret belongs to. */
async function marked(place: Place): Promise<{ mark: string | undefined; storeId: string }> {
  const { data, metadata } = await place.get(SECRET, 'orders-sealing');
  const mark = data['store-made'] && Buffer.from(data['store-made'], 'base64').toString();
  return { mark, storeId: metadata.labels['dumbkv.dev/store-id'] };
}
const uidsOfPods = async (place: Place) =>
  (await place.list(POD)).map(({ metadata }) => metadata.uid);

describe.concurrent('the mark', () => {
  it('comes when a pod serves, and not before', async () => {
    const place = await suite.place();
    await makeChildren(place);
    await suite.settled(place);
    expect((await marked(place)).mark).toBeUndefined();
    await serve(place);
    const { mark, storeId } = await marked(place);
    expect(mark).toBe(storeId);
  });

  it('comes to an instance of an earlier release, and no pod is replaced', async () => {
    const place = await suite.place();
    await bringUp(place);
    const pods = await uidsOfPods(place);
    await place.change(SECRET, 'orders-sealing', { data: { 'store-made': null } });
    await place.touch('orders');
    await until('the mark is there', async () => (await marked(place)).mark);
    await settle(place);
    expect(await uidsOfPods(place)).toEqual(pods);
  });

  it('does not come back while it is suspended', async () => {
    const place = await suite.place();
    await bringUp(place);
    await place.change(DUMBKV, 'orders', { spec: { suspended: true } });
    await settle(place);
    await place.change(SECRET, 'orders-sealing', { data: { 'store-made': null } });
    await place.touch('orders');
    await settle(place);
    expect((await marked(place)).mark).toBeUndefined();
  });

  it('stays with the key for the next DumbKV of its name', async () => {
    const place = await suite.place();
    await bringUp(place);
    const before = await marked(place);
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    await bringUp(place);
    expect(await marked(place)).toEqual(before);
  });

  it('is done without on a Secret that may not change', async () => {
    const place = await suite.place();
    await makeChildren(place);
    await place.change(SECRET, 'orders-sealing', { immutable: true });
    await serve(place);
    expect((await marked(place)).mark).toBeUndefined();
    expect(await place.conditions('orders')).not.toHaveProperty('Stalled');
  });
});
