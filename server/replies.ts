// Replies that wait to be read: clients may ask for much and read slowly, so their bytes are
// bounded all together.
// Next: the client.
import type { FastifyInstance } from 'fastify';
import { ByteBudget } from './budget.ts';
import { busy } from './errors.ts';
import { limits } from './limits.ts';

/** Refuses to hold more replies of `app` than there is room for. */
export function boundReplies(
  app: FastifyInstance,
  totalBytes: number = limits.repliesBytesMax,
): void {
  const budget = new ByteBudget(totalBytes);
  app.addHook('onSend', (_request, reply, payload, done) => {
    const isWhole = typeof payload === 'string' || Buffer.isBuffer(payload);
    const isSmall = !isWhole || payload.length <= limits.smallBytesMax;
    const hasRoom = isSmall || budget.shareFor(reply.raw).growTo(Buffer.byteLength(payload));
    if (hasRoom) done(null, payload);
    else done(busy());
  });
}
