// Traces by OpenTelemetry: one span for each request, which goes on from where its caller began.
// Loaded only where the standard variables ask for it; they say where to, and all the rest.
// Next: the collector.
import {
  type Context,
  DiagLogLevel,
  diag,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BaseLogger } from 'pino';
import { limits } from './limits.ts';
import { CLIENT_GONE, isWhole, statusOf } from './reply-end.ts';
import { labelsOf } from './request-labels.ts';

export interface Tracing {
  /** Makes a span of every request of `app`. */
  observe(app: FastifyInstance): void;
  /** Sends what is left, for as long as that may take. */
  close(): Promise<void>;
}

/** Begins to send traces as the variables of OpenTelemetry in the environment say. */
export function startTracing(log: BaseLogger): Tracing {
  const warn = (message: string) => log.warn({ reason: message }, 'about the OTEL_ variables');
  const say = { error: warn, warn, info: () => {}, debug: () => {}, verbose: () => {} };
  // Only while the variables are read: later on it would tell of each batch that is lost.
  diag.setLogger(say, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const exporter = new TellingExporter(new OTLPTraceExporter(), log);
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'dumbkv' }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  // There is one span for a request, so nothing has to know which one it is in.
  provider.register({ contextManager: null });
  diag.disable();
  const tracer = provider.getTracer('dumbkv');
  return {
    observe: (app) => traceRequests(app, tracer),
    close: () => Promise.race([provider.shutdown().catch(() => {}), endOfPatience()]),
  };
}

const endOfPatience = (): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, limits.tracesFlushMs).unref());

function traceRequests(app: FastifyInstance, tracer: Tracer): void {
  app.addHook('onRequest', (request, reply, done) => {
    const caller = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = startSpan(tracer, request, caller);
    request.traceId = span.spanContext().traceId;
    reply.raw.once('close', () => endSpan(span, reply));
    done();
  });
}

/**
 * Names as the semantic conventions for HTTP have them; of these `url.path` is left out on
 * purpose, for it holds keys.
 */
function startSpan(tracer: Tracer, request: FastifyRequest, caller: Context): Span {
  const { method, route } = labelsOf(request);
  const known = method === 'other' ? 'HTTP' : method;
  const attributes = {
    'http.request.method': method === 'other' ? '_OTHER' : method,
    'url.scheme': 'http',
    'network.protocol.version': request.raw.httpVersion,
    ...(route === 'none' ? {} : { 'http.route': route }),
  };
  const name = route === 'none' ? known : `${known} ${route}`;
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller);
}

function endSpan(span: Span, { raw }: FastifyReply): void {
  const status = statusOf(raw);
  // as the conventions have it: only if one was sent
  if (status !== CLIENT_GONE) span.setAttribute('http.response.status_code', status);
  if (status >= 500) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  } else if (!isWhole(raw)) {
    span.setAttribute('error.type', 'aborted');
  }
  span.end();
}

/** Tells once when spans cannot be sent, and once when they can again. */
class TellingExporter implements SpanExporter {
  readonly #inner: SpanExporter;
  readonly #log: BaseLogger;
  #isLosing = false;

  constructor(inner: SpanExporter, log: BaseLogger) {
    this.#inner = inner;
    this.#log = log;
  }

  export(...[spans, done]: Parameters<SpanExporter['export']>): void {
    this.#inner.export(spans, (result) => {
      this.#note(result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }

  #note(error: (Error & { code?: unknown }) | undefined): void {
    const isLosing = error !== undefined;
    if (isLosing === this.#isLosing) return;
    this.#isLosing = isLosing;
    // Not the message: it may hold what the collector answered.
    const reason = error?.code ?? error?.name;
    if (isLosing) this.#log.warn({ reason }, 'traces cannot be sent and are lost');
    else this.#log.info('traces are sent again');
  }
}
