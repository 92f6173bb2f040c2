// The road of a request, in the order in which it is met. Builds the app; `main.ts` listens.
// Next: `heads.ts`, `cors.ts`, `auth.ts`, `body.ts`, `routes/`.
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import { guard } from './auth.ts';
import { readBodies } from './body.ts';
import type { Callers } from './callers.ts';
import { answerInOrder, endConnections, type WaitingBounds } from './connections.ts';
import { allowOrigins } from './cors.ts';
import { checkHeads } from './heads.ts';
import { limits } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { checkTargets, compileStrictly } from './parameters.ts';
import { MEDIA_TYPE, sendProblem, sendProblems } from './problem.ts';
import type { Rate } from './rate.ts';
import { limitRate } from './rate-limit.ts';
import { rawProblems, refuseTunnels } from './raw-problem.ts';
import { boundReplies } from './replies.ts';
import { stamp, stampReplies } from './reply-headers.ts';
import { logRequests, type RequestLog, requestIds, requestLogger } from './request-log.ts';
import { answerForServer, pathOf } from './request-target.ts';
import type { FeedBounds } from './routes/changes.ts';
import { collectRoutes, docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { kvRoutes } from './routes/kv.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';
import { v1Routes } from './routes/v1.ts';
import type { Store } from './store/store.ts';
import type { Tracing } from './tracing.ts';

export interface AppDeps extends FeedBounds {
  readonly store: Store;
  /** Undefined: everybody may call. */
  readonly tokens: Callers | undefined;
  readonly allowedOrigins: readonly string[];
  /** The names of itself that it answers to; undefined: to all. */
  readonly names?: readonly string[] | undefined;
  /** How often each caller may call; undefined: as often as it likes. */
  readonly rate?: Rate | undefined;
  /** Makes traces; undefined: there are none. */
  readonly tracing?: Tracing | undefined;
  /** Which requests get a line in the log. */
  readonly requestLog?: RequestLog;
  readonly log: FastifyBaseLogger;
  /** In place of the bounds in `limits.ts`. */
  readonly bodiesBytesMax?: number;
  readonly repliesBytesMax?: number;
  readonly replyTimeoutMs?: number;
  readonly waitingBounds?: WaitingBounds;
}

/**
 * Builds the app, ready for `inject` or `listen`. The store and the tokens stay the caller's to
 * close.
 */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const metrics = createMetrics(deps.store);
  const logRequest = requestLogger(deps.requestLog ?? 'off');
  const app = createServer(deps.log, {
    clientErrorHandler: rawProblems(metrics.countRaw),
    // What no route could be looked for: no hook hears of it.
    frameworkErrors: (error, request, reply) => {
      logRequest?.(request, reply);
      reply.raw.once('close', () => metrics.countRaw(reply.statusCode));
      stamp(request, reply.type(MEDIA_TYPE));
      sendProblem(error, request, reply);
    },
  });
  app.decorateRequest('traceId', undefined);
  deps.tracing?.observe(app);
  metrics.observe(app);
  logRequests(app, logRequest);
  endConnections(app);
  answerInOrder(app, deps.waitingBounds);
  refuseTunnels(app, metrics.countRaw);
  checkHeads(app, deps.names);
  answerForServer(app);
  allowOrigins(app, deps.allowedOrigins);
  sendProblems(app);
  guard(app, deps.tokens);
  limitRate(app, deps.rate);
  checkTargets(app);
  readBodies(app, deps.bodiesBytesMax);
  boundReplies(app, { totalBytes: deps.repliesBytesMax, timeoutMs: deps.replyTimeoutMs });
  const routes = collectRoutes(app);
  await app.register(kvRoutes(deps.store));
  await app.register(v1Routes(deps.store, deps));
  await app.register(healthRoutes(deps.store));
  await app.register(metricsRoutes(metrics));
  await app.register(pageRoutes);
  await app.register(docsRoutes(routes));
  await app.ready();
  return app;
}

type ErrorHandlers = Required<Pick<FastifyServerOptions, 'clientErrorHandler' | 'frameworkErrors'>>;

/**
 * In place of Fastify's own, which would be loaded and would compile the schema of each reply.
 * Replies are made member by member: nothing has to be left out of them, or made to fit.
 */
const COMPILERS = {
  buildValidator: () => compileStrictly as never,
  buildSerializer: () => () => JSON.stringify,
};

function createServer(log: FastifyBaseLogger, handlers: ErrorHandlers): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    genReqId: requestIds(),
    rewriteUrl: pathOf,
    // Lines name their request by themselves: a logger for each costs more than its id.
    childLoggerFactory: (logger) => logger,
    // URLs carry keys; `request-log.ts` writes lines without.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytesMax,
    schemaController: { compilersFactory: COMPILERS },
    routerOptions: { maxParamLength: limits.pathSegmentCharactersMax },
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionTimeout: limits.idleSocketTimeoutMs,
    // A read is answered in this thread or not at all; what became of a write is unknown until its
    // commit is over, and a reply that comes sooner would say nothing.
    handlerTimeout: 0,
    http: {
      // `heads.ts` does that, with a body that says what is wrong.
      requireHostHeader: false,
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckMs,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    ...handlers,
  });
  app.server.maxConnections = limits.connectionsMax;
  stampReplies(app);
  return app;
}
