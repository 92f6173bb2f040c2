// `GET /`: the page for people, and its icon; both live in memory.
// Next: `../page/`.
import type { FastifyPluginAsync } from 'fastify';
import { icon, page, pagePolicy } from '../page/page.ts';

const CACHE_SECONDS = 86_400;

/** The routes of the page; it needs no token, and asks for the one that its calls need. */
export const pageRoutes: FastifyPluginAsync = async (app) => {
  const config = { access: 'open' } as const;
  const schema = { hide: true };
  app.get('/', { schema, config }, async (_request, reply) => {
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', pagePolicy)
      .header('cache-control', 'no-cache')
      .send(page);
  });
  app.get('/favicon.ico', { schema, config }, async (_request, reply) => {
    return reply
      .type('image/svg+xml')
      .header('cache-control', `public, max-age=${CACHE_SECONDS}`)
      .send(icon);
  });
};
