// An instance that is as asked is left in peace: however often the operator looks, it writes
// nothing, and what it asks of the API server is bounded.
import { describe, expect, it } from 'vitest';
import { DUMBKV } from '../../../operator/api/resources.ts';
import { resourcePath } from '../../../operator/kube/resource.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import type { OperatorRun } from '../../support/operator-run.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, settledIn, useOperator } from './operator-suite.ts';

/** Every five minutes are one second. */
const PACE = 300;
const suite = useOperator({ environment: { WATCH_NAMESPACES: 'nobody-is-here' } });

/** Amounts in other spellings than the API server's own, and every part that may be there. */
const FULL_SPEC = {
  storage: { size: '1024Mi' },
  resources: {
    // finer than a thousandth, which is rounded up
    requests: { cpu: '0.1001', memory: '131072Ki' },
    limits: { cpu: '1000m', memory: '1e9' },
  },
  ingress: {
    host: 'orders.example.com',
    className: 'nginx',
    annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '8m' },
    tls: { clusterIssuer: 'letsencrypt' },
  },
  deletionPolicy: 'Delete',
};

/** What a run has written, events and all. */
const written = ({ client }: OperatorRun): string[] =>
  client.calls
    .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    .map(({ verb, kind, name }) => `${verb} ${kind} ${name}`);

describe.concurrent.each([
  ['that asks for nothing special', {}],
  ['that asks for everything', FULL_SPEC],
  ['that is suspended', { suspended: true }],
])('an instance %s', (_what, spec) => {
  it('is looked at again and again, and nothing is written', async () => {
    const place = await suite.place();
    const environment = { WATCH_NAMESPACES: place.namespace };
    const first = suite.start({ environment });
    await bringUp(place, { ...spec, suspended: false });
    await place.change(DUMBKV, 'orders', { spec });
    await settledIn(place, first);
    await first.stop();
    // with another clock, and with caches that begin empty
    const run = suite.start({ environment, clock: hurriedClock(PACE) });
    await until('it was looked at six times', () => run.outcomes.length >= 6);
    expect(new Set(run.outcomes)).toEqual(new Set(['success']));
    expect(written(run)).toEqual([]);
    await run.stop();
  });
});

/** Writes conditions as another field manager does, with an apply or with an update. */
async function writeConditions(place: Place, contentType: string, types: string[]): Promise<void> {
  const path = `${resourcePath(DUMBKV, place.namespace, 'orders')}/status`;
  const { status: live } = await place.get(DUMBKV, 'orders');
  const more = types.map((type) => ({
    ...{ type, status: 'True', lastTransitionTime: '2029-01-01T00:00:00Z' },
    ...{ reason: 'SaidSo', message: 'Somebody said so.' },
  }));
  const isApply = contentType.includes('apply');
  const conditions = isApply ? more : [...live.conditions, ...more];
  const body = {
    ...{ apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV', metadata: { name: 'orders' } },
    status: { conditions },
  };
  const answer = await place.call('PATCH', `${path}?fieldManager=somebody`, body, contentType);
  expect(answer.status).toBe(200);
}

const typesIn = async (place: Place): Promise<string[]> =>
  Object.keys(await place.conditions('orders')).sort();

describe.concurrent('a status in which somebody else writes', () => {
  it.each(['application/apply-patch+yaml', 'application/merge-patch+json'])(
    'is the own of the operator again, with one write (%s)',
    async (contentType) => {
      const place = await suite.place();
      const run = suite.start({ environment: { WATCH_NAMESPACES: place.namespace } });
      await bringUp(place);
      await settledIn(place, run);
      const before = written(run).length;
      await writeConditions(place, contentType, ['Stalled', 'OfAnOlderVersion', 'a.example/Mine']);
      await place.touch('orders');
      await until('what it did not state is gone', async () => {
        const types = await typesIn(place);
        return !types.includes('Stalled') && types;
      });
      const ours = ['Ready', 'Reachable', 'StorageReady'];
      expect(await typesIn(place)).toEqual([...ours, 'a.example/Mine'].sort());
      for (let times = 0; times < 3; times += 1) {
        await place.touch('orders');
        await settledIn(place, run);
      }
      expect(written(run).slice(before)).toEqual(['patch DumbKV orders']);
      await run.stop();
    },
  );
});

describe.concurrent('an operator outside the cluster', () => {
  it('says that it cannot ask, and lets readiness follow the endpoint', async () => {
    const place = await suite.place();
    const run = suite.start({ environment: { WATCH_NAMESPACES: place.namespace } });
    await bringUp(place);
    const { Ready, Reachable } = await place.conditions('orders');
    expect(Ready?.message).toContain('The operator runs outside the cluster');
    expect(Reachable).toEqual({
      ...{ status: 'Unknown', reason: 'NotVerified' },
      message: 'The operator runs outside the cluster and cannot ask through the Service.',
    });
    await run.stop();
  });

  it('wakes up for what users do, not for what it does itself', async () => {
    const place = await suite.place();
    const run = suite.start({ environment: { WATCH_NAMESPACES: place.namespace } });
    await bringUp(place);
    await settledIn(place, run);
    const [looks, writes] = [run.outcomes.length, written(run).length];
    await place.touch('orders');
    await settledIn(place, run);
    expect(run.outcomes.length).toBe(looks + 1);
    await place.setStatus(DUMBKV, 'orders', { replicas: 7 });
    await settledIn(place, run);
    expect(written(run).length).toBe(writes);
    await run.stop();
  });
});
