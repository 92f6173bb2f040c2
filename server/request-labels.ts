// How a request is told to others: by its method and the pattern of its route, never by its URL,
// which may hold a key. Bounded, whatever clients send.
// Next: `metrics.ts` counts by these, `request-log.ts` writes them.
import type { FastifyRequest } from 'fastify';

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

declare module 'fastify' {
  interface FastifyRequest {
    /** The trace that its span is in, where there are traces. */
    traceId: string | undefined;
  }
}

export interface RequestLabels {
  readonly method: string;
  readonly route: string;
}

/** What the log says of which request it was. */
export interface RequestName extends RequestLabels {
  readonly reqId: string;
  readonly traceId?: string;
}

export function toldOf(request: FastifyRequest): RequestName {
  const name = { reqId: request.id, ...labelsOf(request) };
  return request.traceId === undefined ? name : { ...name, traceId: request.traceId };
}

/** `other` for a method that nobody uses, `none` where there is no route. */
export function labelsOf(request: FastifyRequest): RequestLabels {
  return {
    method: METHODS.has(request.method) ? request.method : 'other',
    route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
  };
}
