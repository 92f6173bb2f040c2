// What the server tells Prometheus; prom-client is known to this file alone.
// Next: `routes/metrics.ts` shows it.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { StoreInfo } from './store/store.ts';

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);
const DURATION_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const LABELS = ['method', 'route', 'status'] as const;

export interface Metrics {
  readonly contentType: string;
  /** Counts and times every request of `app`. */
  observe(app: FastifyInstance): void;
  /** Counts a reply to bytes that are no request. */
  countRaw(status: number): void;
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>;
}

/** Metrics of one server, on a registry of their own. */
export function createMetrics(store: StoreInfo): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'dumbkv_http_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames: LABELS,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'dumbkv_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its reply.',
    labelNames: LABELS,
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });
  describeStore(registry, store);
  return {
    contentType: registry.contentType,
    observe: (app) => {
      app.addHook('onResponse', async (request, reply) => {
        const labels = { ...routeLabels(request), status: String(reply.statusCode) };
        requests.inc(labels);
        durations.observe(labels, reply.elapsedTime / 1000);
      });
    },
    countRaw: (status) => requests.inc({ method: 'other', route: 'none', status: String(status) }),
    text: () => registry.metrics(),
  };
}

/** Bounded, whatever clients send: patterns of routes, and methods that are used. */
function routeLabels(request: FastifyRequest): { method: string; route: string } {
  return {
    method: METHODS.has(request.method) ? request.method : 'other',
    route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
  };
}

function describeStore(registry: Registry, store: StoreInfo): void {
  new Gauge({
    name: 'dumbkv_store_info',
    help: 'Always 1; the labels say which store this is and how writes reach its disk.',
    labelNames: ['engine', 'journal_mode', 'schema_version', 'store_id'],
    registers: [registry],
  }).set(
    {
      engine: store.engine,
      journal_mode: store.journalMode,
      schema_version: String(store.schemaVersion),
      store_id: store.storeId,
    },
    1,
  );
}
