// Two operators of which one works: it takes turns in good order and in bad, and whoever has lost
// the Lease writes nothing any more, whatever it was about to do.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, SERVICE } from '../../../operator/api/resources.ts';
import type { Clock } from '../../../operator/clock.ts';
import { LEASE } from '../../../operator/kube/lease-record.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import { type CallHooks, isWrite, type NotedCall } from '../../support/observed-client.ts';
import type { OperatorRun } from '../../support/operator-run.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, useOperator } from './operator-suite.ts';

/** A Lease of fifteen seconds lasts five: a busy machine must not lose it by chance. */
const PACE = 3;
const suite = useOperator({ environment: { WATCH_NAMESPACES: 'nobody-is-here' } });

/** Starts a candidate; `hooks` see its calls. */
function candidate(
  place: Place,
  name: string,
  hooks: CallHooks = {},
  clock = hurriedClock(PACE),
): OperatorRun {
  const { namespace } = place;
  const environment = {
    ...{ LEADER_ELECTION: 'true', POD_NAME: name },
    ...{ POD_NAMESPACE: namespace, WATCH_NAMESPACES: namespace },
  };
  return suite.start({ environment, hooks, clock });
}

async function untilLeads(place: Place, name: string): Promise<void> {
  await until(`${name} leads`, async () => {
    const lease = await place.get(LEASE, 'dumbkv-operator');
    return lease.spec.holderIdentity.startsWith(`${name}_`);
  });
}

/** Changes what is asked until it is told to stop, so that there is always something to write. */
function keepBusy(place: Place): () => Promise<void> {
  let isOver = false;
  const changing = (async () => {
    for (let version = 1; !isOver; version += 1) {
      const image = `images.example/dumbkv-server:${version}`;
      await place.change(DUMBKV, 'orders', { spec: { image } });
    }
  })();
  return () => {
    isOver = true;
    return changing;
  };
}

/** A clock whose time goes on, but whose timers never ring again once they are starved. */
function starvingClock(): { clock: Clock; starve: () => void } {
  const inner = hurriedClock(PACE);
  let isStarved = false;
  const setTimer: Clock['setTimer'] = (callback, delayMs) =>
    inner.setTimer(() => {
      if (!isStarved) callback();
    }, delayMs);
  const starve = () => {
    isStarved = true;
  };
  return { clock: { ...inner, setTimer }, starve };
}

const count = (order: string[], name: string): number => order.filter((one) => one === name).length;

const ready = async (run: OperatorRun): Promise<OperatorRun> => {
  await run.synced();
  return run;
};

describe.concurrent('of two operators', () => {
  it('one works; the other knows everything, writes nothing, and takes over at once', async () => {
    const place = await suite.place();
    const first = await ready(candidate(place, 'first'));
    await untilLeads(place, 'first');
    const second = await ready(candidate(place, 'second'));
    await bringUp(place);
    expect(second.client.writes()).toEqual([]);
    expect(await first.metric('leader_election_master_status')).toBe(1);
    expect(await second.metric('leader_election_master_status')).toBe(0);
    expect(second.operator.watchStates().every(({ synced }) => synced)).toBe(true);
    await first.stop();
    const { holderIdentity } = (await place.get(LEASE, 'dumbkv-operator')).spec;
    expect(holderIdentity === '' || holderIdentity.startsWith('second_')).toBe(true);
    await untilLeads(place, 'second');
    await place.remove(SERVICE, 'orders');
    await until('the second works', () => place.find(SERVICE, 'orders'));
    await bringUp(place, {}, 'others');
    await second.stop();
  });

  it('the other takes over from one that is killed, when its Lease is over', async () => {
    const place = await suite.place();
    const first = await ready(candidate(place, 'first'));
    await bringUp(place);
    const second = await ready(candidate(place, 'second'));
    await first.kill();
    await place.remove(DEPLOYMENT, 'orders');
    await untilLeads(place, 'second');
    await until('the second works', () => place.find(DEPLOYMENT, 'orders'));
    await second.stop();
  });
});

describe.concurrent('an operator that can list no namespace whole', () => {
  it('leaves the Lease to another', async () => {
    const place = await suite.place();
    const blind = candidate(place, 'blind', {
      before: ({ kind }: NotedCall) => {
        if (kind === 'Pod') throw new Error('no pods for this one');
      },
    });
    const lists = () => blind.client.calls.filter(({ kind }) => kind === 'Pod').length;
    await until('it has tried again and again', () => lists() >= 3);
    expect(blind.client.calls.filter(({ kind }) => kind === 'Lease')).toEqual([]);
    const other = candidate(place, 'other');
    await untilLeads(place, 'other');
    await Promise.all([blind.stop(), other.stop()]);
  });
});

describe.concurrent('an operator that loses the Lease', () => {
  it('because it cannot renew it has stopped writing before another begins', async () => {
    const place = await suite.place();
    const order: string[] = [];
    const note = (name: string) => (call: NotedCall) => {
      if (isWrite(call)) order.push(name);
    };
    let isCut = false;
    const first = candidate(place, 'first', {
      before: (call: NotedCall) => {
        note('first')(call);
        if (isCut && call.kind === 'Lease') throw new Error('the Lease cannot be reached');
      },
    });
    await first.synced();
    await bringUp(place);
    const second = await ready(candidate(place, 'second', { before: note('second') }));
    const rest = keepBusy(place);
    isCut = true;
    await until('the second has written a lot', () => count(order, 'second') > 10);
    await rest();
    expect(order.indexOf('second')).toBe(order.lastIndexOf('first') + 1);
    expect(count(order, 'first')).toBeGreaterThan(5);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('and does not even notice writes nothing all the same', async () => {
    const place = await suite.place();
    const order: string[] = [];
    const note = (name: string) => (call: NotedCall) => {
      if (isWrite(call)) order.push(name);
    };
    const { clock, starve } = starvingClock();
    const first = candidate(place, 'first', { before: note('first') }, clock);
    await first.synced();
    await bringUp(place);
    const second = await ready(candidate(place, 'second', { before: note('second') }));
    const rest = keepBusy(place);
    starve();
    await until('the second has written a lot', () => count(order, 'second') > 10);
    await rest();
    expect(order.indexOf('second')).toBe(order.lastIndexOf('first') + 1);
    expect(first.log.join('')).not.toContain('does not lead');
    await Promise.all([first.kill(), second.stop()]);
  });

  it('shows that no key waits for it any more', async () => {
    const place = await suite.place();
    const held = Promise.withResolvers<void>();
    let isCut = false;
    const first = candidate(place, 'first', {
      before: async (call: NotedCall) => {
        if (isCut && call.kind === 'Lease') throw new Error('the Lease cannot be reached');
        if (isWrite(call)) await held.promise;
      },
    });
    await ready(first);
    for (let index = 0; index < 7; index += 1) await place.dumbkv(`kv-${index}`);
    await until('three keys wait for a worker', async () => {
      return (await first.metric('workqueue_depth')) === 3;
    });
    isCut = true;
    await until('it has noticed', () => first.log.join('').includes('does not lead'));
    expect(await first.metric('workqueue_depth')).toBe(0);
    expect(await first.metric('leader_election_master_status')).toBe(0);
    held.resolve();
    await first.stop();
  });

  it('in the middle of its work does not finish it', async () => {
    const place = await suite.place();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<NotedCall>();
    let isCut = false;
    const first = candidate(place, 'first', {
      before: async (call: NotedCall) => {
        if (isCut && call.kind === 'Lease') throw new Error('the Lease cannot be reached');
        if (call.kind !== 'Service' || call.verb !== 'apply') return;
        reached.resolve(call);
        await held.promise;
      },
    });
    await first.synced();
    await place.dumbkv('orders');
    const stuck = await reached.promise;
    isCut = true;
    const second = await ready(candidate(place, 'second'));
    await until('the second has done the work', () => place.find(DEPLOYMENT, 'orders'));
    const before = await place.get(SERVICE, 'orders');
    const writes = first.client.writes().length;
    held.resolve();
    await until('the first has given up', () => stuck.error !== undefined);
    await Promise.all([first.stop(), second.stop()]);
    expect(stuck.answered).toBe(false);
    expect(first.client.writes()).toHaveLength(writes);
    expect(await place.get(SERVICE, 'orders')).toEqual(before);
  });

  it('to somebody who takes it by force stands back, and comes again', async () => {
    const place = await suite.place();
    const first = await ready(candidate(place, 'first'));
    await bringUp(place);
    const spec = { holderIdentity: 'thief', leaseDurationSeconds: 15 };
    await place.change(LEASE, 'dumbkv-operator', { spec });
    await until('it has noticed', () => first.log.join('').includes('does not lead'));
    const writes = first.client.writes().length;
    await place.remove(SERVICE, 'orders');
    expect((await place.get(LEASE, 'dumbkv-operator')).spec.holderIdentity).toBe('thief');
    expect(first.client.writes()).toHaveLength(writes);
    await untilLeads(place, 'first');
    await until('it works again', () => place.find(SERVICE, 'orders'));
    await first.stop();
  });
});
