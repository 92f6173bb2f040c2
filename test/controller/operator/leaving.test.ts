// How an operator leaves when it is told to: what has been begun is finished, what does not end is
// left behind, and the Lease is free for the next one in either case.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT } from '../../../operator/api/resources.ts';
import { LEASE } from '../../../operator/kube/lease-record.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import type { NotedCall } from '../../support/observed-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { useOperator } from './operator-suite.ts';

/** A Lease of fifteen seconds lasts five: a busy machine must not lose it by chance. */
const PACE = 3;
const suite = useOperator({ environment: { WATCH_NAMESPACES: 'nobody-is-here' } });

/** An operator in the middle of its work: its write of the Service waits until it is let go. */
async function inTheMiddle(place: Place) {
  const { namespace } = place;
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<NotedCall>();
  const run = suite.start({
    environment: {
      ...{ LEADER_ELECTION: 'true', POD_NAME: 'leaving' },
      ...{ POD_NAMESPACE: namespace, WATCH_NAMESPACES: namespace },
    },
    clock: hurriedClock(PACE),
    hooks: {
      before: async (call: NotedCall) => {
        if (call.kind !== 'Service' || call.verb !== 'apply') return;
        reached.resolve(call);
        await held.promise;
      },
    },
  });
  await run.synced();
  await place.dumbkv('orders');
  return { run, letGo: held.resolve, stuck: await reached.promise };
}

const holder = async (place: Place): Promise<string> =>
  (await place.get(LEASE, 'dumbkv-operator')).spec.holderIdentity;

describe.concurrent('an operator that is told to leave in the middle of its work', () => {
  it('finishes it, holding the Lease, and begins nothing new', async () => {
    const place = await suite.place();
    const { run, letGo } = await inTheMiddle(place);
    await place.dumbkv('carts');
    const left = run.stop();
    expect(await holder(place)).toMatch(/^leaving_/);
    letGo();
    await left;
    expect(await place.find(DEPLOYMENT, 'orders')).toBeDefined();
    expect(await holder(place)).toBe('');
    expect(run.log.join('')).not.toContain('does not end');
  });

  it('leaves it behind if it does not end, gives the Lease back, and writes no more', async () => {
    const place = await suite.place();
    const { run, letGo, stuck } = await inTheMiddle(place);
    await run.stop();
    expect(await holder(place)).toBe('');
    expect(run.log.join('')).toContain('work that was broken off does not end');
    const writes = run.client.writes().length;
    letGo();
    await until('the stuck call has ended', () => stuck.answered || stuck.error !== undefined);
    expect(stuck.answered).toBe(false);
    expect(run.client.writes()).toHaveLength(writes);
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
  });
});
