// The route of /metrics: what Prometheus scrapes.
// Next: `../metrics.ts`.
import type { FastifyPluginAsync } from 'fastify';
import type { Metrics } from '../metrics.ts';
import { metricsReply, problemReplies } from '../schemas.ts';

/** The route of /metrics; it needs no token. */
export const metricsRoutes = (metrics: Metrics): FastifyPluginAsync => {
  return async (app) => {
    const schema = {
      tags: ['operation'],
      summary: 'Metrics in the text format of Prometheus',
      response: { 200: metricsReply, ...problemReplies(503) },
    };
    app.get('/metrics', { schema, config: { access: 'open' } }, async (_request, reply) => {
      reply.type(metrics.contentType).serializer(String);
      return metrics.text();
    });
  };
};
