// The Secret with an instance's sealing key: removed, changed, put back. Whatever happens to it,
// the operator makes no new key while there is data.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CLAIM, SECRET } from '../../../operator/api/resources.ts';
import { sealingKeyFileText } from '../../../server/sealing/key-file.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { bringUp, serve, settleIn, useOperator } from './operator-suite.ts';

const suite = useOperator();
const FINGERPRINT = 'dumbkv.dev/sealing-key-fingerprint';
const STORE_ID = 'dumbkv.dev/store-id';

const sealingKey = async (place: Place): Promise<string> =>
  (await place.get(SECRET, 'orders-sealing')).data['sealing-key'];

/** The sealing Secret as somebody would put it back from a copy. */
const copyOf = ({ metadata, type, data }: ApiObject): ApiObject => {
  const { name, labels, annotations } = metadata;
  return { metadata: { name, labels, annotations }, type, data };
};

const newKey = () => Buffer.from(sealingKeyFileText(randomBytes(32))).toString('base64');

describe.concurrent('the sealing key', () => {
  it('is never made anew while there is data, and heals when it is put back', async () => {
    const place = await suite.place();
    await bringUp(place);
    const secret = await place.get(SECRET, 'orders-sealing');
    await place.remove(SECRET, 'orders-sealing');
    await place.touch('orders');
    const stalled = await place.untilReason('orders', 'SealingKeyMissing', 'Stalled');
    expect(stalled.message).toContain(secret.metadata.annotations[FINGERPRINT]);
    expect(stalled.message).toContain('Put the Secret back from a copy');
    expect((await place.conditions('orders')).Ready?.status).toBe('False');
    await suite.settled(place);
    expect(await place.find(SECRET, 'orders-sealing')).toBeUndefined();
    await place.make(SECRET, copyOf(secret));
    await serve(place);
    expect(await place.conditions('orders')).not.toHaveProperty('Stalled');
  });

  it('may be put back without its labels, which it gets again', async () => {
    const place = await suite.place();
    await bringUp(place);
    const secret = await place.get(SECRET, 'orders-sealing');
    await place.remove(SECRET, 'orders-sealing');
    await place.touch('orders');
    await place.untilReason('orders', 'SealingKeyMissing');
    const { metadata, data } = copyOf(secret);
    await place.make(SECRET, { metadata: { name: metadata.name }, data });
    await serve(place);
    const after = await place.get(SECRET, 'orders-sealing');
    expect(after.metadata.labels).toEqual(metadata.labels);
    expect(after.metadata.annotations).toEqual(metadata.annotations);
    expect(after.data).toEqual(data);
  });

  it.each([
    ['labels', 'Retain', [], 'SealingKeyMissing'],
    ['labels and fingerprint', 'Retain', [FINGERPRINT], 'SealingKeyMissing'],
    ['labels and annotations', 'Delete', null, 'SealingKeyMissing'],
    ['labels and annotations', 'Retain', null, 'NameConflict'],
  ])('is not made even for a claim that lost its %s: %s', async (...[, policy, lost, reason]) => {
    const place = await suite.place();
    await bringUp(place, { deletionPolicy: policy });
    await place.remove(SECRET, 'orders-sealing');
    const annotations = lost && Object.fromEntries(lost.map((name) => [name, null]));
    await place.change(CLAIM, 'orders-data', { metadata: { labels: null, annotations } });
    await place.untilReason('orders', reason, 'Stalled');
    await suite.settled(place);
    expect(await place.find(SECRET, 'orders-sealing')).toBeUndefined();
  });

  it('that is another stops the instance before anything is written', async () => {
    const place = await suite.place();
    await bringUp(place);
    const { data } = await place.get(SECRET, 'orders-sealing');
    const changed = newKey();
    await place.change(SECRET, 'orders-sealing', { data: { 'sealing-key': changed } });
    await place.touch('orders');
    const stalled = await place.untilReason('orders', 'SealingKeyMismatch', 'Stalled');
    expect(stalled.message).toContain('Secret "orders-sealing" does not hold the key');
    expect(await sealingKey(place)).toBe(changed);
    await place.change(SECRET, 'orders-sealing', { data });
    await serve(place);
  });

  it('may be followed by the old one after a rotation', async () => {
    const place = await suite.place();
    await bringUp(place);
    const lines = [newKey(), await sealingKey(place)].map((line) => Buffer.from(line, 'base64'));
    const both = Buffer.concat(lines).toString('base64');
    await place.change(SECRET, 'orders-sealing', { data: { 'sealing-key': both } });
    await place.touch('orders');
    await settleIn(place, suite.run());
    expect((await place.conditions('orders')).Ready?.reason).toBe('Available');
    expect(await sealingKey(place)).toBe(both);
  });

  it('whose store id was changed by hand stops the instance until it is put back', async () => {
    const place = await suite.place();
    await bringUp(place);
    const { labels } = (await place.get(CLAIM, 'orders-data')).metadata;
    const other = { [STORE_ID]: '11111111-2222-4333-8444-555555555555' };
    await place.change(CLAIM, 'orders-data', { metadata: { labels: other } });
    await place.untilReason('orders', 'SealingKeyMismatch', 'Stalled');
    await place.change(CLAIM, 'orders-data', { metadata: { labels } });
    await serve(place);
  });
});
