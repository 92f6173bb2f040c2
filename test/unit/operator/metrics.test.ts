// The metrics as Prometheus sees them: the customary names, labels and buckets, and the right
// numbers.
import { beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../../operator/metrics.ts';
import { WorkQueue } from '../../../operator/queue/work-queue.ts';
import type { WatchState } from '../../../operator/watch/watch-state.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let metrics: Metrics;
beforeEach(() => {
  metrics = new Metrics('dumbkv', { process: false });
});

/** The lines of the exposition that begin with this. */
async function lines(beginning: string): Promise<string[]> {
  const { body } = await metrics.text();
  return body.split('\n').filter((line) => line.startsWith(beginning));
}

describe('reconciles', () => {
  it('are counted by how they ended, errors once more, and timed', async () => {
    metrics.reconciled('success', 0.2);
    metrics.reconciled('requeue_after', 0.2);
    metrics.reconciled('error', 7);
    expect(await lines('controller_runtime_reconcile_total')).toEqual([
      'controller_runtime_reconcile_total{controller="dumbkv",result="success"} 1',
      'controller_runtime_reconcile_total{controller="dumbkv",result="error"} 1',
      'controller_runtime_reconcile_total{controller="dumbkv",result="requeue"} 0',
      'controller_runtime_reconcile_total{controller="dumbkv",result="requeue_after"} 1',
    ]);
    const name = 'controller_runtime_reconcile_time_seconds';
    expect(await lines('controller_runtime_reconcile_errors_total')).toEqual([
      'controller_runtime_reconcile_errors_total{controller="dumbkv"} 1',
    ]);
    expect(await lines(`${name}_count`)).toEqual([`${name}_count{controller="dumbkv"} 3`]);
    expect(await lines(`${name}_bucket{le="0.2"`)).toEqual([
      `${name}_bucket{le="0.2",controller="dumbkv"} 2`,
    ]);
    expect(await lines(`${name}_bucket`)).toHaveLength(41);
  });

  it('that cannot be mended, or fail by a mistake, are there from the start', async () => {
    const names = ['terminal_reconcile_errors_total', 'reconcile_panics_total'];
    const at = (count: number) =>
      names.map((name) => `controller_runtime_${name}{controller="dumbkv"} ${count}`);
    const now = async () =>
      (await Promise.all(names.map((n) => lines(`controller_runtime_${n}`)))).flat();
    expect(await now()).toEqual(at(0));
    metrics.terminalError();
    metrics.panicked();
    expect(await now()).toEqual(at(1));
  });

  it('that run are a gauge beside how many may', async () => {
    metrics.maxConcurrent(4);
    metrics.active(1);
    metrics.active(1);
    metrics.active(-1);
    expect(await lines('controller_runtime_active_workers')).toEqual([
      'controller_runtime_active_workers{controller="dumbkv"} 1',
    ]);
    expect(await lines('controller_runtime_max_concurrent_reconciles')).toEqual([
      'controller_runtime_max_concurrent_reconciles{controller="dumbkv"} 4',
    ]);
  });
});

describe('a work queue', () => {
  it('shows what waits, what is worked on, and for how long', async () => {
    const clock = new FakeClock();
    const queue: WorkQueue = new WorkQueue({
      clock,
      random: () => 0,
      hooks: metrics.queueHooks('dumbkv', () => queue),
    });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await clock.advance(2000);
    await queue.get();
    await clock.advance(1000);
    await queue.get();
    await clock.advance(4000);
    queue.addRateLimited('c');
    const value = async (name: string) => (await lines(`workqueue_${name}{`))[0]?.split(' ')[1];
    expect({
      depth: await value('depth'),
      adds: await value('adds_total'),
      retries: await value('retries_total'),
      waited: await value('queue_duration_seconds_sum'),
      unfinished: await value('unfinished_work_seconds'),
      longest: await value('longest_running_processor_seconds'),
    }).toEqual({
      depth: '1',
      adds: '3',
      retries: '1',
      waited: '5',
      unfinished: '9',
      longest: '5',
    });
    queue.done('a');
    expect(await value('work_duration_seconds_sum')).toBe('5');
    expect((await lines('workqueue_depth'))[0]).toContain('{name="dumbkv",controller="dumbkv"}');
  });

  it('has the customary buckets, from ten nanoseconds to a thousand seconds', async () => {
    metrics.queueHooks('dumbkv', () => new WorkQueue()).queued(1);
    const buckets = await lines('workqueue_queue_duration_seconds_bucket');
    const bounds = buckets.map((line) => Number(/le="([^"]+)"/.exec(line)?.[1]));
    const expected = [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3].map((power) => 10 ** power);
    expect(bounds.slice(0, -1)).toEqual(expected.map((bound) => expect.closeTo(bound, 12)));
  });
});

describe('the rest', () => {
  it('counts requests, writes, restarts, and who leads', async () => {
    metrics.request('200', 'GET', '127.0.0.1:6443');
    metrics.request('<error>', 'GET', '127.0.0.1:6443');
    metrics.wrote('Service', 'apply');
    metrics.troubled('Service', 'Undone');
    metrics.watchRestarted('DumbKV', 'silent');
    metrics.leader('dumbkv-operator', true);
    expect(await lines('rest_client_requests_total')).toEqual([
      'rest_client_requests_total{code="200",method="GET",host="127.0.0.1:6443"} 1',
      'rest_client_requests_total{code="<error>",method="GET",host="127.0.0.1:6443"} 1',
    ]);
    expect(await lines('dumbkv_operator_w')).toEqual([
      'dumbkv_operator_writes_total{kind="Service",verb="apply"} 1',
      'dumbkv_operator_watch_restarts_total{kind="DumbKV",reason="silent"} 1',
    ]);
    expect(await lines('dumbkv_operator_u')).toEqual([
      'dumbkv_operator_unsettled_children_total{kind="Service",reason="Undone"} 1',
    ]);
    const leader = 'leader_election_master_status{name="dumbkv-operator"}';
    expect(await lines('leader_election')).toEqual([`${leader} 1`]);
    metrics.leader('dumbkv-operator', false);
    expect(await lines('leader_election')).toEqual([`${leader} 0`]);
  });

  it('asks watches for their age at each scrape, by kind and namespace', async () => {
    const state: WatchState = { kind: 'DumbKV', synced: true, lastContactTimeMs: 0, failures: 0 };
    const states = [
      { ...state, namespace: 'shop' },
      { ...state, namespace: 'bar', lastContactTimeMs: 9000 },
      { ...state, kind: 'Service' },
    ];
    metrics.watches(
      () => states,
      () => 10_000,
    );
    const name = 'dumbkv_operator_watch_last_event_age_seconds';
    expect((await lines(name)).sort()).toEqual([
      `${name}{kind="DumbKV",namespace="bar"} 1`,
      `${name}{kind="DumbKV",namespace="shop"} 10`,
      `${name}{kind="Service",namespace=""} 10`,
    ]);
    states.pop();
    expect(await lines(name)).toHaveLength(2);
  });

  it('asks for the instances at each scrape, and adds up what belongs together', async () => {
    const instances = [
      { engine: 'sqlite', ready: 'True' as const, count: 2 },
      { engine: 'sqlite', ready: 'True' as const, count: 1 },
      { engine: 'sqlite', ready: 'False' as const, count: 1 },
    ];
    metrics.instances(() => instances);
    expect(await lines('dumbkv_instances')).toEqual([
      'dumbkv_instances{engine="sqlite",ready="True"} 3',
      'dumbkv_instances{engine="sqlite",ready="False"} 1',
    ]);
    instances.length = 0;
    expect(await lines('dumbkv_instances')).toEqual([]);
  });

  it('includes the process and its event loop', async () => {
    metrics = new Metrics('dumbkv');
    const { contentType, body } = await metrics.text();
    expect(contentType).toContain('text/plain');
    expect(body).toContain('process_cpu_seconds_total');
    expect(body).toContain('nodejs_eventloop_lag_p99_seconds');
  });
});
