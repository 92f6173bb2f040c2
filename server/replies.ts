// Replies that wait to be read: clients may ask for much and read slowly, so their bytes are
// bounded all together, and so is the time that each one may take.
// Next: the client.
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ByteBudget } from './budget.ts';
import { busy } from './errors.ts';
import { limits } from './limits.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its bytes are there once, however many read them. */
    isReplyShared?: boolean;
  }
  interface FastifyInstance {
    repliesBudget: ByteBudget;
  }
}

export interface ReplyBounds {
  readonly totalBytes?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * Refuses to hold more replies of `app` than there is room for, and cuts off who does not read one.
 */
export function boundReplies(
  app: FastifyInstance,
  { totalBytes = limits.repliesBytesMax, timeoutMs = limits.replyTimeoutMs }: ReplyBounds = {},
): void {
  const budget = new ByteBudget(totalBytes);
  app.decorate('repliesBudget', budget);
  app.addHook('onSend', (request, { raw }, payload, done) => {
    const sizeBytes = sizeOf(payload);
    if (sizeBytes <= limits.smallBytesMax) return done(null, payload);
    if (!isUncounted(request) && !budget.shareFor(raw).growTo(sizeBytes)) return done(busy());
    cutOffAfter(timeoutMs, raw);
    done(null, payload);
  });
}

/** A write that was made must not be answered as if nothing had been done; its reply is short. */
function isUncounted({ routeOptions: { config } }: FastifyRequest): boolean {
  return config.access === 'write' || config.isReplyShared === true;
}

/** Bytes, near enough where they are few; a stream holds only what it has just read. */
function sizeOf(payload: unknown): number {
  if (payload instanceof Uint8Array) return payload.length;
  if (typeof payload !== 'string') return 0;
  return payload.length <= limits.smallBytesMax ? payload.length : Buffer.byteLength(payload);
}

function cutOffAfter(timeoutMs: number, response: ServerResponse): void {
  const late = setTimeout(() => response.destroy(), timeoutMs).unref();
  response.once('close', () => clearTimeout(late));
}

/** Counts what a reply that comes in parts holds at a time. Throws DKV_SERVER_BUSY. */
export function bytesHeld(
  { server }: FastifyRequest,
  { raw }: FastifyReply,
): (bytes: number) => void {
  const share = server.repliesBudget.shareFor(raw);
  return (bytes) => {
    if (!share.growTo(bytes <= limits.smallBytesMax ? 0 : bytes)) throw busy();
  };
}
