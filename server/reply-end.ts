// What a reply has come to, once its response is closed: the status that its client was sent, by
// Fastify or by hand, or that the client was gone before there was one.
// Next: `metrics.ts` counts by it, `request-log.ts` and `tracing.ts` tell it.
import type { ServerResponse } from 'node:http';

/** Nobody waited for a status. The number is nginx's, which dashboards and alerts leave out. */
export const CLIENT_GONE = 499;

const byHand = new WeakMap<ServerResponse, number>();

/** Notes that the request of this response is answered on the bare connection. */
export function answeredByHand(response: ServerResponse, status: number): void {
  byHand.set(response, status);
}

/** The status that was sent; a reply that was cut off keeps its own, which its client saw. */
export const statusOf = (response: ServerResponse): number =>
  response.headersSent ? response.statusCode : (byHand.get(response) ?? CLIENT_GONE);

/** Whether all of the reply is on its way, or it was cut off or never came. */
export const isWhole = (response: ServerResponse): boolean =>
  response.writableFinished || byHand.has(response);
