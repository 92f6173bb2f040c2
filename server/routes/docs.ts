// The routes of /docs and /openapi.json, the contract; who reads it needs no token. What they show
// is loaded and made when it is first asked for.
// Next: `../docs-pages.ts`.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ToldRoute } from '../docs-pages.ts';

const PATHS = [
  '/docs',
  '/docs/',
  '/docs/json',
  '/docs/yaml',
  '/docs/static/*',
  '/openapi.json',
] as const;

/** What a request may ask beside its path. */
const ASKED = ['if-none-match', 'if-modified-since', 'range', 'if-range'] as const;

/** What each reply of the server has of its own. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
]);

/** Begins to collect routes; comes before them. */
export function collectRoutes(app: FastifyInstance): readonly ToldRoute[] {
  const routes: ToldRoute[] = [];
  app.addHook('onRoute', ({ method, url, schema }) => {
    const isShown = schema !== undefined && !('hide' in schema) && method !== 'HEAD';
    if (isShown) routes.push({ method, url, schema });
  });
  return routes;
}

/** Shows what was collected. */
export const docsRoutes = (routes: readonly ToldRoute[]) => async (app: FastifyInstance) => {
  const docs = new LazyDocs(routes);
  app.addHook('onClose', () => docs.close());
  for (const path of PATHS) {
    app.get(path, { schema: { hide: true }, config: { access: 'open' } }, (request, reply) =>
      docs.answer(request, reply),
    );
  }
};

class LazyDocs {
  readonly #routes: readonly ToldRoute[];
  #built: Promise<FastifyInstance> | undefined;

  constructor(routes: readonly ToldRoute[]) {
    this.#routes = routes;
  }

  async answer({ url, headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    this.#built ??= this.#build();
    const app = await this.#built;
    const asked = ASKED.flatMap((name) => (headers[name] ? [[name, headers[name]]] : []));
    const told = await app.inject({ url, headers: Object.fromEntries(asked) });
    const { statusCode, rawPayload } = told;
    if (statusCode >= 500) throw new Error(`the docs failed: ${told.payload}`);
    // what it refuses is a path or a range that is not there
    if (statusCode >= 400) {
      reply.callNotFound();
      return reply;
    }
    for (const [name, value] of Object.entries(told.headers)) {
      if (value !== undefined && !LEFT_OUT.has(name)) reply.header(name, value);
    }
    return reply.code(statusCode).send(rawPayload.length === 0 ? undefined : rawPayload);
  }

  async close(): Promise<void> {
    const app = await this.#built?.catch(() => undefined);
    await app?.close();
  }

  /** One for all who ask; after a failure it is tried again. */
  async #build(): Promise<FastifyInstance> {
    try {
      const { buildDocs } = await import('../docs-pages.ts');
      return await buildDocs(this.#routes);
    } catch (error) {
      this.#built = undefined;
      throw error;
    }
  }
}
