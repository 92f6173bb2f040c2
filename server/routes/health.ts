// The routes of /health: alive means that the process answers; ready means that its store does.
// Next: `../store/store.ts` ping.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { HealthReply, problemReplies } from '../schemas.ts';
import type { Store } from '../store/store.ts';

const HEALTHY = { status: 'healthy' } as const;

const CHECKS_STORE = {
  '/health': 'Can the server do its work?',
  '/health/ready': 'May requests be sent here?',
  '/health/startup': 'Has the server started? (It listens only once its store is open.)',
};

/** The routes of /health; none needs a token. */
export const healthRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    const tags = ['health'];
    const config = { access: 'open' } as const;
    const live = { 200: HealthReply, ...problemReplies() };
    const schema = { tags, summary: 'Does it answer?', response: live };
    app.get('/health/live', { config, schema }, async () => HEALTHY);
    for (const [path, summary] of Object.entries(CHECKS_STORE)) {
      const response = { 200: HealthReply, ...problemReplies(503) };
      app.get(path, { config, schema: { tags, summary, response } }, async () => {
        await store.ping();
        return HEALTHY;
      });
    }
  };
};
