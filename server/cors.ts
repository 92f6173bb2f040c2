// Cross-origin calls: web pages of the allowed origins may call, and no others; without any,
// nothing is added.
// Next: `auth.ts`; a preflight carries no token, so it is answered before.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { limits } from './limits.ts';

const METHODS = 'GET, HEAD, POST, PUT, DELETE';
const HEADERS = [
  ...['authorization', 'content-type', 'if-match', 'if-none-match', 'dumbkv-ttl', 'last-event-id'],
  ...['traceparent', 'tracestate'],
].join(', ');
/** Pages send no cookies here, and without them this means all that a reply has. */
const EXPOSED = '*';

/** Lets pages of these origins (`https://example.org`) call `app`. */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    // Also on replies to others: a cache must not give one origin's reply to another.
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return;
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-expose-headers', EXPOSED);
    const asks = request.headers['access-control-request-method'];
    if (request.method === 'OPTIONS' && asks !== undefined) return answerPreflight(reply);
  });
}

function answerPreflight(reply: FastifyReply): FastifyReply {
  return reply
    .code(204)
    .header('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
    .header('access-control-allow-methods', METHODS)
    .header('access-control-allow-headers', HEADERS)
    .header('access-control-max-age', limits.corsMaxAgeSeconds)
    .send();
}
