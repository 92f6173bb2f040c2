// The target of a request in its other forms: a whole URL, as proxies are sent, which means the
// path in it, and `*`, which is the server itself.
// Next: `heads.ts` looks at the host; all that comes after knows the path alone.
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ReplyError } from './errors.ts';

const ABSOLUTE = /^https?:\/\/(?<host>[^/?#]+)(?<rest>.*)$/i;

/** Methods that some path of the server has, and this one. */
const ALLOW = 'GET, HEAD, POST, PUT, DELETE, OPTIONS';

const hosts = new WeakMap<IncomingMessage, string>();

/**
 * Fastify's `rewriteUrl`: the path and the query, and nothing else, so that whoever looks at the
 * target later looks at the same. What has neither is left as it is.
 */
export function pathOf(request: IncomingMessage): string {
  const { url = '', method } = request;
  if (url.startsWith('/')) return url;
  const { host, rest = '' } = ABSOLUTE.exec(url)?.groups ?? {};
  if (host === undefined) return url;
  hosts.set(request, host);
  if (rest.startsWith('/')) return rest;
  return rest === '' && method === 'OPTIONS' ? '*' : `/${rest}`;
}

/** The host that such a target names, which counts in place of the header `Host`. */
export const hostInTarget = (request: IncomingMessage): string | undefined => hosts.get(request);

/** Answers OPTIONS of the server itself; refuses what is no path and leads to none. */
export function answerForServer(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url = '', method } = request.raw;
    if (url.startsWith('/')) return done();
    if (url === '*' && method === 'OPTIONS')
      return void reply.code(204).header('allow', ALLOW).send();
    const detail = 'The target of the request is neither a path nor an http or https URL.';
    done(new ReplyError('DKV_URL_INVALID', detail));
  });
}
