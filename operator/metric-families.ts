// The metric families themselves: names, help, labels and buckets, as controller-runtime and
// client-go have made them customary. metrics.ts gives the parts of the operator small functions
// over them.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How many instances are in one state. */
export interface InstanceCount {
  engine: string;
  ready: 'True' | 'False' | 'Unknown';
  count: number;
}

const RECONCILE_BUCKETS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
  1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const QUEUE_BUCKETS_SECONDS = Array.from({ length: 12 }, (_, index) => Number(`1e${index - 8}`));

/** What is counted of reconciles. */
export function reconcileMetrics(registry: Registry) {
  const labelNames = ['controller'] as const;
  const shared = { labelNames, registers: [registry] };
  return {
    total: new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by how they ended',
      labelNames: ['controller', 'result'] as const,
      registers: [registry],
    }),
    errors: new Counter({
      ...shared,
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Reconciles that ended with an error',
    }),
    terminalErrors: new Counter({
      ...shared,
      name: 'controller_runtime_terminal_reconcile_errors_total',
      help: 'Reconciles that no repetition mends: they ended stalled, somebody must act',
    }),
    panics: new Counter({
      ...shared,
      name: 'controller_runtime_reconcile_panics_total',
      help: 'Reconciles that failed by a mistake of the program',
    }),
    time: new Histogram({
      ...shared,
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long reconciles take',
      buckets: RECONCILE_BUCKETS_SECONDS,
    }),
    maxConcurrent: new Gauge({
      ...shared,
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Reconciles that may run at once',
    }),
    active: new Gauge({
      ...shared,
      name: 'controller_runtime_active_workers',
      help: 'Reconciles that run now',
    }),
  };
}

/** What is counted of a work queue; `sources` give the seconds of the keys in work, by queue. */
export function queueMetrics(registry: Registry) {
  const shared = { labelNames: ['name', 'controller'] as const, registers: [registry] };
  const sources = new Map<string, () => number[]>();
  const collector = (combine: (seconds: number[]) => number) =>
    function collect(this: Gauge<'name' | 'controller'>) {
      for (const [name, source] of sources) this.set({ name, controller: name }, combine(source()));
    };
  const sum = (seconds: number[]) => seconds.reduce((total, one) => total + one, 0);
  const buckets = QUEUE_BUCKETS_SECONDS;
  const gauge = (name: string, help: string, collect?: () => void) =>
    new Gauge({ ...shared, name, help, ...(collect ? { collect } : {}) });
  const histogram = (name: string, help: string) =>
    new Histogram({ ...shared, name, help, buckets });
  const counter = (name: string, help: string) => new Counter({ ...shared, name, help });
  return {
    sources,
    depth: gauge('workqueue_depth', 'Keys that wait for a worker'),
    adds: counter('workqueue_adds_total', 'Keys added'),
    retries: counter('workqueue_retries_total', 'Keys added with a delay'),
    waited: histogram('workqueue_queue_duration_seconds', 'How long keys wait for a worker'),
    worked: histogram('workqueue_work_duration_seconds', 'How long keys are worked on'),
    unfinished: gauge(
      'workqueue_unfinished_work_seconds',
      'How long the keys in work have been there, together',
      collector(sum),
    ),
    longest: gauge(
      'workqueue_longest_running_processor_seconds',
      'How long the oldest key in work has been there',
      collector((seconds) => Math.max(0, ...seconds)),
    ),
  };
}

interface Sources {
  watches: () => readonly { kind: string; namespace: string; ageSeconds: number }[];
  instances: () => readonly InstanceCount[];
}

/** What is counted of watches, requests, writes, instances and the Lease. */
export function operatorMetrics(registry: Registry) {
  const registers = [registry];
  const sources: Sources = { watches: () => [], instances: () => [] };
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const watchAge = new Gauge({
    name: 'dumbkv_operator_watch_last_event_age_seconds',
    help: 'Time since the API server was last heard on a watch; no namespace stands for all',
    labelNames: ['kind', 'namespace'] as const,
    registers,
    collect() {
      this.reset();
      for (const { ageSeconds, ...labels } of sources.watches()) this.set(labels, ageSeconds);
    },
  });
  const instances = new Gauge({
    name: 'dumbkv_instances',
    help: 'DumbKV objects by engine and readiness',
    labelNames: ['engine', 'ready'] as const,
    registers,
    collect() {
      this.reset();
      for (const { engine, ready, count } of sources.instances())
        this.inc({ engine, ready }, count);
    },
  });
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this process holds the Lease of this name',
    labelNames: ['name'] as const,
    registers,
  });
  return {
    sources,
    watchAge,
    instances,
    leader,
    requests: counter(
      'rest_client_requests_total',
      'Requests to the API server',
      'code',
      'method',
      'host',
    ),
    writes: counter('dumbkv_operator_writes_total', 'Objects written', 'kind', 'verb'),
    troubles: counter(
      'dumbkv_operator_unsettled_children_total',
      'Children found not to stay as they are asked',
      'kind',
      'reason',
    ),
    watchRestarts: counter(
      'dumbkv_operator_watch_restarts_total',
      'Watches begun again',
      'kind',
      'reason',
    ),
  };
}
