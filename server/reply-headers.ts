// The headers that every reply carries, so that no browser makes more of it than it is, and no
// cache keeps it.
// Next: the client. The page and the docs have policies of their own: `page/page.ts`,
// `routes/docs.ts`.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * A value may be somebody's HTML: opened from here it must not act in the name of this server. It
 * runs nothing, loads nothing, sends nothing, and is shown in no frame.
 */
const INERT = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const IS_JSON = /^application\/(?:[\w.-]+\+)?json\b/;

/** Puts them on every reply of `app` that a hook hears of; what a route has set stays. */
export function stampReplies(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    stamp(request, reply);
    done();
  });
}

/** Puts them on one reply. */
export function stamp(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('x-request-id', request.id);
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  // Browsers run nothing of JSON whose type they may not guess; most replies are.
  if (IS_JSON.test(String(reply.getHeader('content-type')))) return;
  for (const [name, value] of Object.entries(INERT)) {
    if (!reply.hasHeader(name)) reply.header(name, value);
  }
}

/** The same for a reply that is written by hand. */
export const RAW_HEADERS = 'X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n';
