// Objects of the operator that lost their labels, their owner or both by hand: what it provably
// wrote is put back in step with what it holds untouched, and nobody is told to delete it.
import { describe, expect, it } from 'vitest';
import { SECRET } from '../../../operator/api/resources.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { OWNED, WITH_ALL_CHILDREN } from './child-kinds.ts';
import { bringUp, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();
const EXPOSED = { ...WITH_ALL_CHILDREN, deletionPolicy: 'Delete' };
const LOSSES: [string, ApiObject][] = [
  ['its labels', { labels: null }],
  ['its owner', { ownerReferences: null }],
  ['both', { labels: null, ownerReferences: null }],
  ['all marks', { labels: null, ownerReferences: null, annotations: null }],
];

const marksOf = ({ metadata }: ApiObject): ApiObject => {
  const { labels, annotations, ownerReferences, uid } = metadata;
  return { labels, annotations, ownerReferences, uid };
};

/** The Secret is as it was, key and token and all, though it had to be written. */
async function untilInStep(place: Place, name: string, before: ApiObject): Promise<void> {
  await until(`${name} has its marks again`, async () => {
    const after = await place.get(SECRET, name);
    expect(marksOf(after)).toEqual(marksOf(before));
    expect(after.data).toEqual(before.data);
    return after.metadata.resourceVersion !== before.metadata.resourceVersion;
  });
}

describe.concurrent.each(['orders-token', 'orders-sealing'])('the Secret %s', (name) => {
  it.each(LOSSES)('that lost %s is put back in step at the next look', async (_what, metadata) => {
    const place = await suite.place();
    await bringUp(place, EXPOSED);
    const before = await place.get(SECRET, name);
    await place.change(SECRET, name, { metadata });
    await place.touch('orders');
    await untilInStep(place, name, before);
    await serve(place);
    expect(await place.conditions('orders')).not.toHaveProperty('Stalled');
  });

  it('of somebody else is left alone, and nobody is told to delete it', async () => {
    const place = await suite.place();
    const foreign = await place.make(SECRET, { metadata: { name }, stringData: { token: 'x' } });
    await place.dumbkv('orders', EXPOSED);
    const { message } = await place.untilReason('orders', 'NameConflict', 'Stalled');
    expect(message).toContain('It may hold the only copy of a key');
    expect(message).not.toMatch(/delete/i);
    await suite.settled(place);
    expect(await place.get(SECRET, name)).toEqual(foreign);
  });
});

describe.concurrent('a child that lost labels and owner', () => {
  it.each(OWNED)('is put back: $type.kind $name', async ({ type, name }) => {
    const place = await suite.place();
    await bringUp(place, EXPOSED);
    const before = await place.get(type, name);
    await place.change(type, name, { metadata: { labels: null, ownerReferences: null } });
    await until('it has its marks again', async () => {
      expect(marksOf(await place.get(type, name))).toEqual(marksOf(before));
      return true;
    });
    await serve(place);
  });
});
