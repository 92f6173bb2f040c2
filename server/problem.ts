// The one place where an error becomes a reply: application/problem+json, and nothing of the inside
// in a 5xx.
// Next: the client; `errors.ts` has the codes.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ReplyError, type ReplyErrorCode, replyErrors } from './errors.ts';
import type { Problem } from './schemas.ts';

const MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** Fastify's own errors in our words; whatever is not here is DKV_INTERNAL. */
const FASTIFY_CODES: Readonly<Record<string, ReplyErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'DKV_MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_TYPE: 'DKV_MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_BAD_URL: 'DKV_URL_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'DKV_URL_INVALID',
};

/** What Node's parser says of requests that never become one. */
const PARSER_CODES: Readonly<Record<string, ReplyErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'DKV_HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'DKV_REQUEST_TIMEOUT',
};

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * Sends every error of `app` as a problem, and refuses unknown paths and methods before reading a
 * body.
 */
export function sendProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) =>
    sendProblem(error as FastifyError, request, reply),
  );
  app.setNotFoundHandler(async (request) => {
    throw notFound(app, request);
  });
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw notFound(app, request);
  });
  app.server.on('checkExpectation', (_request, response) => {
    const body = JSON.stringify(problemOf(new ReplyError('DKV_EXPECTATION_FAILED')));
    response.writeHead(417, { 'content-type': MEDIA_TYPE }).end(body);
  });
}

/** Fastify's `frameworkErrors`: requests that reach no route. */
export function sendProblem(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const known = knownError(error);
  if (known.status >= 500 && known.code !== 'DKV_SERVER_BUSY') {
    request.log.error({ err: error, code: known.code }, 'a request failed');
  }
  void reply
    .code(known.status)
    .headers(known.headers)
    .type(MEDIA_TYPE)
    .serializer(String)
    .send(JSON.stringify(problemOf(known, request.id)));
}

/** Fastify's `clientErrorHandler`: bytes that are no request. */
export function sendRawProblem(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = PARSER_CODES[error.code ?? ''] ?? 'DKV_REQUEST_MALFORMED';
  const problem = problemOf(new ReplyError(code));
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function knownError(error: Error): ReplyError {
  if (error instanceof ReplyError) return error;
  const code = FASTIFY_CODES[(error as Partial<FastifyError>).code ?? ''] ?? 'DKV_INTERNAL';
  return new ReplyError(code, undefined, { cause: error });
}

function problemOf(error: ReplyError, requestId?: string): Problem {
  // A 5xx says only the sentence of its code, whatever its own message is.
  const detail = error.status >= 500 ? replyErrors[error.code].sentence : error.message;
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail,
    code: error.code,
    ...(requestId === undefined ? {} : { instance: `urn:dumbkv:request:${requestId}` }),
  };
}

function notFound(app: FastifyInstance, request: FastifyRequest): ReplyError {
  const [path = '/'] = request.url.split('?');
  const allowed = METHODS.filter((method) => app.hasRoute({ method, url: path }));
  if (allowed.length === 0) return new ReplyError('DKV_ROUTE_NOT_FOUND');
  return new ReplyError('DKV_METHOD_NOT_ALLOWED', undefined, {
    headers: { allow: allowed.join(', ') },
  });
}
