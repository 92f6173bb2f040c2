// What the operator finds out through Services, seen from outside: a restart of the operator makes
// no instance flap, whatever is in its way, and an instance that is slow to answer holds nobody up.
import { describe, expect, it } from 'vitest';
import { DUMBKV, SERVICE } from '../../../operator/api/resources.ts';
import { reconcileLimits } from '../../../operator/limits.ts';
import type { Probe } from '../../../operator/reconcile/reachability.ts';
import type { ProbeAnswer } from '../../../operator/status/reach.ts';
import { ClusterActors } from '../../support/cluster-actors.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, settledIn, useOperator } from './operator-suite.ts';

const suite = useOperator({ environment: { WATCH_NAMESPACES: 'nobody-is-here' } });
const HEALTHY: ProbeAnswer = { outcome: 'healthy', detail: '200' };

const startIn = (place: Place, probe: Probe) =>
  suite.start({ probe, environment: { WATCH_NAMESPACES: place.namespace } });

/** An instance that was found to answer, by an operator that has ended since. */
async function answeredIn(place: Place): Promise<ApiObject[]> {
  const run = startIn(place, async () => HEALTHY);
  await bringUp(place);
  await settledIn(place, run);
  await run.stop();
  const { conditions } = (await place.get(DUMBKV, 'orders')).status;
  expect(conditions.at(-1)).toMatchObject({ type: 'Reachable', reason: 'Answered' });
  return conditions;
}

describe.concurrent('after a restart of the operator', () => {
  it('nothing flaps and nothing is written, if the instance answers as before', async () => {
    const place = await suite.place();
    const before = await answeredIn(place);
    const answer = Promise.withResolvers<ProbeAnswer>();
    const run = startIn(place, () => answer.promise);
    await until('it was looked at', () => run.outcomes.length > 0);
    expect((await place.get(DUMBKV, 'orders')).status.conditions).toEqual(before);
    answer.resolve(HEALTHY);
    await settledIn(place, run);
    await place.touch('orders');
    await settledIn(place, run);
    expect(run.client.writes()).toEqual([]);
  });

  it.each([
    [{ outcome: 'silent', detail: 'no answer in time' }, 'NotVerified'],
    [{ outcome: 'intercepted', detail: 'status 403' }, 'Intercepted'],
  ] as const)('behind what keeps it out it stays Ready: %o, %s', async (answer, reason) => {
    const place = await suite.place();
    const [before] = await answeredIn(place);
    const run = startIn(place, async () => answer);
    await place.untilReason('orders', reason, 'Reachable');
    const { Ready } = await place.conditions('orders');
    expect(Ready).toMatchObject({ status: 'True', reason: 'Available' });
    const [after] = (await place.get(DUMBKV, 'orders')).status.conditions;
    expect(after.lastTransitionTime).toBe(before?.lastTransitionTime);
    // one write, of what it found out at last
    expect(run.client.writes().map(({ kind }) => kind)).toEqual(['DumbKV']);
  });

  it('an instance that is refused three times is not Ready any more', async () => {
    const place = await suite.place();
    await answeredIn(place);
    startIn(place, async () => ({ outcome: 'refused', detail: 'ECONNREFUSED' }));
    const { status, message } = await place.untilReason('orders', 'Unreachable');
    expect(status).toBe('False');
    expect(message).toContain('ECONNREFUSED');
  });
});

describe.concurrent('instances that do not answer', () => {
  it('hold no worker: more of them than workers, and another is brought back', async () => {
    const place = await suite.place();
    const asked = new Set<string>();
    const run = startIn(place, (url, signal) => {
      asked.add(url);
      return new Promise((resolve) => {
        const end = () => resolve({ outcome: 'silent', detail: 'ended' });
        signal.addEventListener('abort', end);
      });
    });
    const names = Array.from({ length: reconcileLimits.workers + 1 }, (_, index) => `kv-${index}`);
    for (const name of names) await place.dumbkv(name);
    const actors = new ClusterActors(place);
    await until('all of them wait for an answer', async () => {
      await actors.act();
      const all = await place.list(DUMBKV);
      const isWaiting = ({ status }: ApiObject) => status?.conditions.at(-1).reason === 'Asking';
      return all.every(isWaiting);
    });
    expect(asked.size).toBe(names.length);
    await place.remove(SERVICE, 'kv-0');
    await until('its Service is back', () => place.find(SERVICE, 'kv-0'));
    expect((await place.conditions('kv-0')).Ready?.status).toBe('False');
    await run.stop();
  });
});
