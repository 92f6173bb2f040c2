// Listening and its end: one address, or every one that there is, and a shutdown that lets requests
// finish but not for ever.
// Next: back to `run.ts`.
import { lookup } from 'node:dns/promises';
import type { FastifyInstance } from 'fastify';
import { messageOf, StartError } from './errors.ts';
import { limits } from './limits.ts';

/** What a kernel without IPv6 answers to `::`. */
const NO_IPV6: ReadonlySet<string | undefined> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * One address: for `localhost` Fastify makes a second server where the name has two, on which none
 * of our bounds would hold.
 */
const addressOf = async (host: string): Promise<string> =>
  host === 'localhost' ? (await lookup(host)).address : host;

/** Listens; `::` becomes `0.0.0.0` on a machine without IPv6. Throws DKV_LISTEN_FAILED. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host: await addressOf(host), port });
  } catch (error) {
    if (host === '::' && NO_IPV6.has((error as NodeJS.ErrnoException).code)) {
      app.log.warn('there is no IPv6 here; listening on 0.0.0.0 instead of ::');
      return listen(app, '0.0.0.0', port);
    }
    throw new StartError(
      'DKV_LISTEN_FAILED',
      `HOST ${host} and PORT ${port} cannot be listened on: ${messageOf(error)}.`,
      error,
    );
  }
}

/** Stops accepting and waits for requests in flight; after `graceMs` their connections are cut. */
export async function shutDown(
  app: FastifyInstance,
  graceMs: number = limits.shutdownGraceMs,
): Promise<void> {
  const cut = setTimeout(() => {
    app.log.warn({ graceMs }, 'some requests did not end in time; their connections are cut');
    app.server.closeAllConnections();
  }, graceMs);
  await app.close();
  clearTimeout(cut);
}
