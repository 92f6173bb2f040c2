// Who has a host keeps it: whoever asks for it later, however old, several at once, and while no
// operator runs.
import { describe, expect, it } from 'vitest';
import { DUMBKV, INGRESS } from '../../../operator/api/resources.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, makeChildren, settledIn, useOperator } from './operator-suite.ts';

const suite = useOperator();
const hostIn = ({ namespace }: Place) => `${namespace}.example.com`;
const ask = (place: Place, name: string, host: string | null) =>
  place.change(DUMBKV, name, { spec: { ingress: host === null ? null : { host } } });

/** The names of the Ingresses that lead in by a host. */
async function leadingIn(place: Place, host: string): Promise<string[]> {
  const ingresses = await place.list(INGRESS);
  return ingresses
    .filter(({ spec }) => spec.rules.some((rule: { host: string }) => rule.host === host))
    .map(({ metadata }) => metadata.name);
}

describe('a host that a DumbKV has', () => {
  it('stays with it when older ones ask, all at once, and then goes to the oldest', async () => {
    const place = await suite.place();
    const host = hostIn(place);
    const older = ['a-old', 'b-old', 'c-old'];
    for (const name of older) await makeChildren(place, {}, name);
    await bringUp(place, { ingress: { host } }, 'z-young');
    const { uid } = (await place.get(INGRESS, 'z-young')).metadata;
    const { hosts } = (await place.get(DUMBKV, 'z-young')).status;
    expect(hosts).toEqual({ [`ingress/${host}`]: expect.any(String) });
    await Promise.all(older.map((name) => ask(place, name, host)));
    for (const name of older) await place.untilReason(name, 'HostConflict', 'Stalled');
    await suite.settled(place);
    expect(await leadingIn(place, host)).toEqual(['z-young']);
    expect((await place.get(INGRESS, 'z-young')).metadata.uid).toBe(uid);
    expect((await place.get(DUMBKV, 'z-young')).status.hosts).toEqual(hosts);
    await ask(place, 'z-young', null);
    await until('the oldest has it', async () => (await leadingIn(place, host)).includes('a-old'));
    await suite.settled(place);
    expect(await leadingIn(place, host)).toEqual(['a-old']);
  });

  it('is one alone, where many that ask for it are made at once', async () => {
    const place = await suite.place();
    const host = hostIn(place);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(names.map((name) => place.dumbkv(name, { ingress: { host } })));
    const holders = async () => {
      const all = await place.list(DUMBKV);
      return all.filter(({ status }) => status?.hosts).map(({ metadata }) => metadata.name);
    };
    await until('one has it', async () => (await holders()).length === 1);
    await suite.settled(place);
    expect(await holders()).toHaveLength(1);
    expect(await leadingIn(place, host)).toEqual(await holders());
  });

  // the last of this file: it stops the operator of the others
  it('stays with it when an older one asks while no operator runs', async () => {
    const place = await suite.place();
    const host = hostIn(place);
    await makeChildren(place, { ingress: { host: `old.${host}` } }, 'a-old');
    await bringUp(place, { ingress: { host } }, 'z-young');
    await suite.settled(place);
    await suite.run().stop();
    await ask(place, 'a-old', host);
    await place.remove(INGRESS, 'z-young');
    const next = suite.start();
    await next.synced();
    await place.untilReason('a-old', 'HostConflict', 'Stalled');
    await settledIn(place, next);
    expect(await leadingIn(place, host)).toEqual(['z-young']);
  });
});
