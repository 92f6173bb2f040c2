// The one place where an error becomes a reply: application/problem+json, and nothing of the inside
// in a 5xx.
// Next: the client; `errors.ts` has the codes.
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ReplyError, type ReplyErrorCode, replyErrors } from './errors.ts';
import { toldOf } from './request-labels.ts';
import type { Problem } from './schemas.ts';

export const MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** Fastify's own errors in our words; whatever is not here is DKV_INTERNAL. */
const FASTIFY_CODES: Readonly<Record<string, ReplyErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'DKV_MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_TYPE: 'DKV_MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_BAD_URL: 'DKV_URL_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'DKV_URL_INVALID',
};

/** No failures of the server: their cause is in the log once, or is a client's. */
const TOLD_ELSEWHERE: ReadonlySet<ReplyErrorCode> = new Set([
  'DKV_SERVER_BUSY',
  'DKV_ISSUER_UNAVAILABLE',
]);

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * Sends every error of `app` as a problem, and refuses unknown paths and methods before reading a
 * body.
 */
export function sendProblems(app: FastifyInstance): void {
  const paths = new KnownPaths();
  app.addHook('onRoute', ({ url, method }) => paths.add(url, [method].flat()));
  app.setErrorHandler((error, request, reply) =>
    sendProblem(error as FastifyError, request, reply),
  );
  app.setNotFoundHandler(async (request) => {
    throw notFound(paths, request);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 ? notFound(paths, request) : undefined);
  });
}

/** Fastify's `frameworkErrors`: requests that reach no route. */
export function sendProblem(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const known = logIfFailure(error, request);
  void reply
    .code(known.status)
    .headers(known.headers)
    .type(MEDIA_TYPE)
    .serializer(String)
    .send(JSON.stringify(problemOf(known, request.id)));
}

/** What is told of an error in the middle of a reply, whose status is out. */
export const midwayProblem = (error: unknown, request: FastifyRequest): Problem =>
  problemOf(logIfFailure(error as Error, request), request.id);

function logIfFailure(error: Error, request: FastifyRequest): ReplyError {
  const known = knownError(error);
  if (known.status >= 500 && !TOLD_ELSEWHERE.has(known.code)) {
    const told = { err: error, code: known.code, ...toldOf(request) };
    request.log.error(told, 'a request failed');
  }
  return known;
}

function knownError(error: Error): ReplyError {
  if (error instanceof ReplyError) return error;
  const code = FASTIFY_CODES[(error as Partial<FastifyError>).code ?? ''] ?? 'DKV_INTERNAL';
  return new ReplyError(code, undefined, { cause: error });
}

/** The body of the reply to an error. */
export function problemOf(error: ReplyError, requestId?: string): Problem {
  // A 5xx says only the sentence of its code, whatever its own message is.
  const detail = error.status >= 500 ? replyErrors[error.code].sentence : error.message;
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail,
    code: error.code,
    ...error.members,
    ...(requestId === undefined ? {} : { instance: `urn:dumbkv:request:${requestId}` }),
  };
}

/** Which methods each path has, also where a part of it is a parameter. */
class KnownPaths {
  readonly #paths: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];

  add(route: string, methods: readonly string[]): void {
    const pattern = route
      .split('/')
      .map((part) => (/^[:*]/.test(part) ? '[^/]+' : part.replace(/\W/g, '\\$&')))
      .join('/');
    this.#paths.push({ pattern: new RegExp(`^${pattern}$`), methods });
  }

  methodsOf(path: string): string[] {
    const known = this.#paths.flatMap(({ pattern, methods }) =>
      pattern.test(path) ? methods : [],
    );
    return METHODS.filter((method) => known.includes(method));
  }
}

function notFound(paths: KnownPaths, request: FastifyRequest): ReplyError {
  const [path = '/'] = request.url.split('?');
  const allowed = paths.methodsOf(path);
  // a route may itself have found nothing
  const isMethodKnown = allowed.some((method) => method === request.method);
  if (allowed.length === 0 || isMethodKnown) return new ReplyError('DKV_ROUTE_NOT_FOUND');
  return new ReplyError('DKV_METHOD_NOT_ALLOWED', undefined, {
    headers: { allow: allowed.join(', ') },
  });
}
