// What the server tells Prometheus; prom-client is known to this file alone.
// Next: `routes/metrics.ts` shows it.
import type { FastifyInstance } from 'fastify';
import { type Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { RequestTallies } from './request-tallies.ts';
import type { SealingVitals } from './sealing/rotation.ts';
import type { Store, StoreObserver } from './store/store.ts';
import { storeFigures } from './store-figures.ts';
import { type AskedMetric, askedCounter, askedHistogram, type Labels, Tally } from './tally.ts';

const REQUEST_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const QUERY_BUCKETS_SECONDS = [0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.25, 1, 5];
const GROUP_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128];

export interface Metrics {
  readonly contentType: string;
  /** Counts and times every request of `app`, once. */
  observe(app: FastifyInstance): void;
  /** Counts a reply to bytes that are no request. */
  countRaw(status: number): void;
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>;
}

/** Metrics of one server and its store, on a registry of their own. */
export function createMetrics(store: Store): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  describeStore(registry, store);
  store.observe(createStoreMetrics(registry, store.info().engine));
  const refresh = createStateMetrics(registry, store);
  return {
    contentType: registry.contentType,
    ...createRequestMetrics(registry),
    text: async () => {
      await refresh();
      return registry.metrics();
    },
  };
}

function createRequestMetrics(registry: Registry): Pick<Metrics, 'observe' | 'countRaw'> {
  const requests = new RequestTallies(REQUEST_BUCKETS_SECONDS);
  const raw = new Map<number, number>();
  const rawSamples = () =>
    [...raw].map(([status, value]) => ({
      labels: { method: 'other', handler: 'none', status: String(status) },
      value,
    }));
  const says = 'Requests, by method, handler (the pattern of the route) and status.';
  register(
    registry,
    askedCounter('http_requests_total', says, () => [
      ...[...requests.all].map(([labels, { count }]) => ({ labels, value: count })),
      ...rawSamples(),
    ]),
    askedHistogram(
      'http_request_duration_seconds',
      'Time from the head of a request to the end of its reply, or until its client left.',
      () => requests.all,
    ),
  );
  return {
    observe: (app) => requests.observe(app),
    countRaw: (status) => raw.set(status, (raw.get(status) ?? 0) + 1),
  };
}

function createStoreMetrics(registry: Registry, engine: string): StoreObserver {
  const tallies = new Map<string, { readonly took: Tally; failures: number }>();
  const labelsOfOperation = (operation: string): Labels => ({ engine, operation });
  const samples = (figureOf: (tally: { took: Tally; failures: number }) => number) =>
    [...tallies].flatMap(([operation, tally]) => {
      const value = figureOf(tally);
      return value === 0 ? [] : { labels: labelsOfOperation(operation), value };
    });
  const groups = new Tally(GROUP_BUCKETS);
  register(
    registry,
    askedCounter('dumbkv_db_queries_total', 'What was asked of the store.', () =>
      samples(({ took }) => took.count),
    ),
    askedCounter('dumbkv_db_errors_total', 'What the store failed to do.', () =>
      samples(({ failures }) => failures),
    ),
    askedHistogram(
      'dumbkv_db_query_duration_seconds',
      'Time that the store took; for writes with the wait for their commit.',
      () => [...tallies].map(([operation, { took }]) => [labelsOfOperation(operation), took]),
    ),
    askedHistogram(
      'dumbkv_db_commit_batches',
      'How many batches of changes shared a commit.',
      () => [[{}, groups]],
    ),
  );
  return {
    asked: (operation, seconds, failed) => {
      let tally = tallies.get(operation);
      if (tally === undefined) {
        tally = { took: new Tally(QUERY_BUCKETS_SECONDS), failures: 0 };
        tallies.set(operation, tally);
      }
      tally.took.add(seconds);
      if (failed) tally.failures += 1;
    },
    grouped: (batches) => groups.add(batches),
  };
}

/** A registry asks its metrics for no more than `AskedMetric` says. */
function register(registry: Registry, ...metrics: readonly AskedMetric[]): void {
  for (const metric of metrics) registry.registerMetric(metric as unknown as Counter);
}

/** Gauges of what the store holds; asked for at each scrape, which costs a row and some `stat`s. */
function createStateMetrics(registry: Registry, store: Store): () => Promise<void> {
  const registers = [registry];
  const figures = storeFigures.map(
    ({ name, help, of }) => [new Gauge({ name, help, registers }), of] as const,
  );
  const setSealing = createSealingGauges(registry);
  return async () => {
    try {
      const [state, vitals] = await Promise.all([store.state(), store.vitals()]);
      for (const [gauge, of] of figures) setOrRemove(gauge, of(state, vitals));
      setSealing(vitals.sealing);
    } catch {
      // a store that does not answer has no figures; its errors are counted
      for (const [gauge] of figures) gauge.remove();
      setSealing(undefined);
    }
  };
}

const setOrRemove = (gauge: Gauge, value: number | undefined): void =>
  value === undefined ? gauge.remove() : gauge.set(value);

/** Gauges of the rotation of sealing keys; none where nothing is known of one. */
function createSealingGauges(registry: Registry): (sealing: SealingVitals | undefined) => void {
  const registers = [registry];
  const keys = new Gauge({
    name: 'dumbkv_sealing_keys',
    help: 'Keys of the store by what wraps them: the first key of the file, or another one.',
    labelNames: ['state'],
    registers,
  });
  const pending = new Gauge({
    name: 'dumbkv_sealing_rotation_pending_entries',
    help: 'At most so many entries are still to be sealed anew, with a newer data key.',
    registers,
  });
  const damaged = new Gauge({
    name: 'dumbkv_sealing_rotation_damaged_entries',
    help: 'Entries that the last rotation could not open, so that they stay as they are.',
    registers,
  });
  return (sealing) => {
    keys.reset();
    if (sealing === undefined) {
      for (const one of [pending, damaged]) one.remove();
      return;
    }
    keys.set({ state: 'current' }, sealing.currentKeys);
    keys.set({ state: 'other' }, sealing.otherKeys);
    pending.set(sealing.pendingEntries);
    damaged.set(sealing.damagedEntries);
  };
}

function describeStore(registry: Registry, store: Store): void {
  const { engine, journalMode, schemaVersion, storeId } = store.info();
  new Gauge({
    name: 'dumbkv_store_info',
    help: 'Always 1; the labels say which store this is and how writes reach its disk.',
    labelNames: ['engine', 'journal_mode', 'schema_version', 'store_id'],
    registers: [registry],
  }).set(
    {
      engine,
      journal_mode: journalMode,
      schema_version: String(schemaVersion),
      store_id: storeId,
    },
    1,
  );
}
