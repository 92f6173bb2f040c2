// The routes of /docs and /openapi.json: the contract, made of the schemas of the routes.
// Next: nothing; who reads it needs no token.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

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

/** Begins to collect routes; comes before them. */
export async function collectDocs(app: FastifyInstance): Promise<void> {
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

/** Shows what was collected; comes after all other routes. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  // The pages of Swagger UI are routes of a plugin: they are opened as they are added.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: 'open' };
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    uiConfig: { deepLinking: false, persistAuthorization: false, tryItOutEnabled: true },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
