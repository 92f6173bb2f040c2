// The HTTP servers of the operator for probes (/healthz, /readyz) and for Prometheus (/metrics).
// Plain node:http; what they say comes from the watches' states and from metrics.ts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { healthLimits, watchLimits } from './limits.ts';
import { type WatchState, watchProblem } from './watch/watch-state.ts';

/** What one path answers. */
export interface HealthAnswer {
  statusCode: number;
  contentType: string;
  body: string;
}

/** The paths of a server and what each answers; a function that throws answers 500. */
export type HealthRoutes = Readonly<Record<string, () => HealthAnswer | Promise<HealthAnswer>>>;

/** A server that listens. */
export interface HealthServer {
  port: number;
  /** Lets running answers end, within a limit, then closes every connection. */
  close(): Promise<void>;
}

const TEXT = 'text/plain; charset=utf-8';

/** /healthz: whoever reads the answer knows that the event loop turns. */
export function healthz(): HealthAnswer {
  return { statusCode: 200, contentType: TEXT, body: 'ok\n' };
}

/**
 * /readyz: every watch has listed and heard from the API server lately; the body says which has
 * not.
 */
export function readyz(
  states: readonly WatchState[],
  nowMs: number,
  contactMaxAgeMs: number = watchLimits.contactMaxAgeMs,
): HealthAnswer {
  const problems = states
    .map((state) => watchProblem(state, nowMs, contactMaxAgeMs))
    .filter((problem) => problem !== undefined);
  if (states.length === 0) problems.push('no watch is begun yet');
  if (problems.length === 0) return healthz();
  return { statusCode: 503, contentType: TEXT, body: `not ready\n${problems.join('\n')}\n` };
}

/** /metrics, from the text of metrics.ts. */
export async function metricsPage(
  text: () => Promise<{ contentType: string; body: string }>,
): Promise<HealthAnswer> {
  return { statusCode: 200, ...(await text()) };
}

/** Serves the routes on a port (0: any free one) of an address (default: all). */
export async function startHealthServer(
  routes: HealthRoutes,
  port: number,
  host?: string,
): Promise<HealthServer> {
  const server = createServer(
    { maxHeaderSize: healthLimits.headerSizeBytes },
    (request, response) => {
      void answer(routes, request, response);
    },
  );
  server.headersTimeout = healthLimits.headersTimeoutMs;
  server.requestTimeout = healthLimits.requestTimeoutMs;
  server.keepAliveTimeout = healthLimits.keepAliveTimeoutMs;
  server.maxConnections = healthLimits.connections;
  await listen(server, port, host);
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
      reject(new Error(`cannot listen on port ${port}: ${why}`, { cause }));
    });
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
}

async function answer(
  routes: HealthRoutes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { statusCode, contentType, body } = await answerOf(routes, request);
  response.writeHead(statusCode, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerOf(routes: HealthRoutes, request: IncomingMessage): Promise<HealthAnswer> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return plain(404, 'not found\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET\n');
  try {
    return await route();
  } catch {
    return plain(500, 'this page cannot be made now\n');
  }
}

function plain(statusCode: number, body: string): HealthAnswer {
  return { statusCode, contentType: TEXT, body };
}

// A kept connection whose last answer went out after the close would hold the server open for its
// whole keep-alive time, so idle ones are closed again and again.
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => server.closeAllConnections(), healthLimits.closeTimeoutMs);
    const idle = setInterval(() => server.closeIdleConnections(), healthLimits.closeIntervalMs);
    server.close(() => {
      clearTimeout(limit);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}
