// An instance that is as asked is left in peace: however often the operator looks, it writes
// nothing, and what it asks of the API server is bounded.
import { describe, expect, it } from 'vitest';
import { DUMBKV } from '../../../operator/api/resources.ts';
import { hurriedClock } from '../../support/hurried-clock.ts';
import type { OperatorRun } from '../../support/operator-run.ts';
import { until } from '../../support/until.ts';
import { bringUp, settledIn, useOperator } from './operator-suite.ts';

/** Every five minutes are one second. */
const PACE = 300;
const suite = useOperator({ environment: { WATCH_NAMESPACES: 'nobody-is-here' } });

/** Amounts in other spellings than the API server's own, and every part that may be there. */
const FULL_SPEC = {
  storage: { size: '1024Mi' },
  resources: {
    requests: { cpu: '0.1', memory: '131072Ki' },
    limits: { cpu: '1000m', memory: '1024Mi' },
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
