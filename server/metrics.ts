// What the server tells Prometheus; prom-client is known to this file alone.
// Next: `routes/metrics.ts` shows it.
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { labelsOf } from './request-labels.ts';
import type { Store, StoreObserver } from './store/store.ts';

const REQUEST_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const QUERY_BUCKETS_SECONDS = [0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.25, 1, 5];
const GROUP_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128];
const REQUEST_LABELS = ['method', 'handler', 'status'] as const;
const QUERY_LABELS = ['engine', 'operation'] as const;

export interface Metrics {
  readonly contentType: string;
  /** Counts and times every request of `app`. */
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
  const registers = [registry];
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by method, handler (the pattern of the route) and status.',
    labelNames: REQUEST_LABELS,
    registers,
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its reply.',
    labelNames: REQUEST_LABELS,
    buckets: REQUEST_BUCKETS_SECONDS,
    registers,
  });
  return {
    observe: (app) => {
      app.addHook('onResponse', (request, reply, done) => {
        const { method, route: handler } = labelsOf(request);
        const labels = { method, handler, status: String(reply.statusCode) };
        requests.inc(labels);
        durations.observe(labels, reply.elapsedTime / 1000);
        done();
      });
    },
    countRaw: (status) =>
      requests.inc({ method: 'other', handler: 'none', status: String(status) }),
  };
}

function createStoreMetrics(registry: Registry, engine: string): StoreObserver {
  const registers = [registry];
  const queries = new Counter({
    name: 'dumbkv_db_queries_total',
    help: 'What was asked of the store, by engine and operation.',
    labelNames: QUERY_LABELS,
    registers,
  });
  const errors = new Counter({
    name: 'dumbkv_db_errors_total',
    help: 'What the store failed to do, by engine and operation.',
    labelNames: QUERY_LABELS,
    registers,
  });
  const durations = new Histogram({
    name: 'dumbkv_db_query_duration_seconds',
    help: 'Time that the store took; for writes with the wait for their commit.',
    labelNames: QUERY_LABELS,
    buckets: QUERY_BUCKETS_SECONDS,
    registers,
  });
  const groups = new Histogram({
    name: 'dumbkv_db_commit_batches',
    help: 'How many batches of changes shared a commit.',
    buckets: GROUP_BUCKETS,
    registers,
  });
  return {
    asked: (operation, seconds, failed) => {
      const labels = { engine, operation };
      queries.inc(labels);
      durations.observe(labels, seconds);
      if (failed) errors.inc(labels);
    },
    grouped: (batches) => groups.observe(batches),
  };
}

/** Gauges of what the store holds; asked for at each scrape, which costs a row and some `stat`s. */
function createStateMetrics(registry: Registry, store: Store): () => Promise<void> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const revision = gauge('dumbkv_store_revision', 'The revision of the last change.');
  const keys = gauge('dumbkv_store_keys', 'Keys that are stored, those not yet swept among them.');
  const bytes = gauge('dumbkv_store_bytes', 'Bytes of names and values as they are stored.');
  const removals = gauge('dumbkv_store_removals', 'Removals that are remembered for feeds.');
  const depth = gauge('dumbkv_db_commit_queue_depth', 'Batches that wait for their commit.');
  const open = gauge('dumbkv_db_connections_open', 'Connections to the database.');
  const idle = gauge('dumbkv_db_connections_idle', 'Connections to the database without work.');
  const max = gauge('dumbkv_db_connections_max', 'The most connections to the database.');
  const file = gauge('dumbkv_db_file_bytes', 'Size of the database on disk, where it is known.');
  const log = gauge(
    'dumbkv_db_wal_bytes',
    'Size of the write-ahead log on disk, where it is known.',
  );
  const all = [revision, keys, bytes, removals, depth, open, idle, max, file, log];
  return async () => {
    try {
      const [state, vitals] = await Promise.all([store.state(), store.vitals()]);
      revision.set(state.revision);
      keys.set(state.keys);
      bytes.set(state.storedBytes);
      removals.set(state.removals);
      depth.set(vitals.commitQueueDepth);
      open.set(vitals.connectionsOpen);
      idle.set(vitals.connectionsIdle);
      max.set(vitals.connectionsMax);
      if (vitals.fileBytes !== undefined) file.set(vitals.fileBytes);
      if (vitals.logBytes !== undefined) log.set(vitals.logBytes);
    } catch {
      // a store that does not answer has no figures; its errors are counted
      for (const one of all) one.remove();
    }
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
