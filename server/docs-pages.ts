// The contract as a document and as pages: made of the schemas of all routes when they are first
// asked for, since they and their packages take memory, and most processes are never asked.
// Next: nothing; `routes/docs.ts` answers with what they say.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';

/** A route as the document tells it. */
export type ToldRoute = Pick<RouteOptions, 'method' | 'url' | 'schema'>;

const INFO = {
  title: 'DumbKV',
  version: '1',
  description:
    'A durable key-value store. Errors are `application/problem+json` with a stable `code`. ' +
    'A 5xx on a write means that the outcome is unknown; on 507 nothing was written.',
};

/**
 * The plugin's own policy would have browsers ask for HTTPS, where there may be none. Swagger UI
 * styles its elements in line; scripts come from here alone.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const UI = {
  routePrefix: '/docs',
  staticCSP: POLICY,
  uiConfig: { deepLinking: false, persistAuthorization: false, tryItOutEnabled: true },
};

/** Nothing is asked of this app that a schema would have to check. */
const COMPILERS = {
  buildValidator: () => (() => () => true) as never,
  buildSerializer: () => () => JSON.stringify,
};

/** An app beside the one that serves, which is asked by `inject` alone. */
export async function buildDocs(routes: readonly ToldRoute[]): Promise<FastifyInstance> {
  const app = Fastify({
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: COMPILERS },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      servers: [{ url: '/' }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) throw new Error('the document is not OpenAPI');
      return withOptionalBodies(document.openapiObject);
    },
  });
  for (const route of routes) app.route({ ...route, handler: async () => undefined });
  await app.register(swaggerUi, UI);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.ready();
  return app;
}

/** The plugin takes every body for required. */
function withOptionalBodies<T extends { paths?: object }>(document: T): T {
  const calls = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path ?? {}));
  for (const call of calls as Record<string, unknown>[]) {
    if (call['x-optional-body'] !== true) continue;
    delete call['x-optional-body'];
    call.requestBody = { ...(call.requestBody as object), required: false };
  }
  return document;
}
