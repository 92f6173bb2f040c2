// Everything under /v1/databases/{database}: what its calls have in common.
// Next: `entries.ts` and the others beside it.
import type { FastifyPluginAsync } from 'fastify';
import type { Store } from '../store/store.ts';
import { batchRoutes } from './batch.ts';
import { changeRoutes, type FeedBounds } from './changes.ts';
import { counterRoutes } from './counters.ts';
import { entryRoutes } from './entries.ts';
import { exportRoutes } from './export.ts';
import { importRoutes } from './import.ts';
import { listRoutes } from './list.ts';

/** The routes of /v1 on `store`. */
export const v1Routes = (store: Store, bounds: FeedBounds = {}): FastifyPluginAsync => {
  return async (app) => {
    const prefix = '/v1/databases/:database';
    await app.register(entryRoutes(store), { prefix });
    await app.register(listRoutes(store), { prefix });
    await app.register(batchRoutes(store), { prefix });
    await app.register(counterRoutes(store), { prefix });
    await app.register(changeRoutes(store, bounds), { prefix });
    await app.register(exportRoutes(store), { prefix });
    await app.register(importRoutes(store), { prefix });
  };
};
