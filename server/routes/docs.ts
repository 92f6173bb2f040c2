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

/** Names of files, written in the one way that leads to them. */
const NAME = /^[\w.-]+$/;

/** What each reply of the server has of its own, and parts, which are not given. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'accept-ranges',
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
  const config = { access: 'open', isReplyShared: true } as const;
  for (const path of PATHS) {
    app.get(path, { schema: { hide: true }, config }, (request, reply) =>
      docs.answer(request, reply),
    );
  }
};

/** The address of what is asked for, as nobody can write it otherwise; undefined: it is none. */
function addressOf({ routeOptions, params }: FastifyRequest): string | undefined {
  const { url = '' } = routeOptions;
  if (!url.endsWith('*')) return url;
  const { '*': name = '' } = params as { '*'?: string };
  return NAME.test(name) ? url.slice(0, -1) + name : undefined;
}

interface Told {
  readonly status: number;
  readonly headers: readonly (readonly [string, string | number | string[]])[];
  readonly etag: string | undefined;
  readonly bytes: Buffer;
}

class LazyDocs {
  readonly #routes: readonly ToldRoute[];
  #built: Promise<FastifyInstance> | undefined;
  /** What has been asked for, by its address: once for all who read it, however slowly. */
  readonly #told = new Map<string, Promise<Told | undefined>>();

  constructor(routes: readonly ToldRoute[]) {
    this.#routes = routes;
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const address = addressOf(request);
    const told = address === undefined ? undefined : await this.#toldAt(address);
    if (told === undefined) {
      reply.callNotFound();
      return reply;
    }
    const { status, headers, etag, bytes } = told;
    const isKnown = etag !== undefined && request.headers['if-none-match'] === etag;
    for (const [name, value] of headers) {
      if (!isKnown || name !== 'content-type') reply.header(name, value);
    }
    const hasBody = !isKnown && bytes.length > 0;
    return reply.code(isKnown ? 304 : status).send(hasBody ? bytes : undefined);
  }

  /** Undefined where nothing is; that is not kept, for there is no end of such addresses. */
  #toldAt(address: string): Promise<Told | undefined> {
    const known = this.#told.get(address);
    if (known !== undefined) return known;
    const told = this.#ask(address);
    this.#told.set(address, told);
    const forget = () => void this.#told.delete(address);
    told.then((found) => found ?? forget(), forget);
    return told;
  }

  async #ask(url: string): Promise<Told | undefined> {
    this.#built ??= this.#build();
    const app = await this.#built;
    const { statusCode: status, headers, rawPayload: bytes, payload } = await app.inject({ url });
    if (status >= 500) throw new Error(`the docs failed: ${payload}`);
    if (status >= 400) return undefined;
    const kept = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || LEFT_OUT.has(name) ? [] : [[name, value] as const],
    );
    const { etag } = headers;
    return { status, headers: kept, etag: etag === undefined ? etag : String(etag), bytes };
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
