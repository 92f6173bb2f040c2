// What the calls of a counter take and give.
// Next: `../routes/counters.ts`.
import { Type } from 'typebox';
import { problemReplies } from '../schemas.ts';
import { counterValue, delta, ttlSeconds } from './batch.ts';
import { notModifiedReply } from './entries.ts';
import { expiresAt, revision } from './list.ts';

/** What is to be added; 1 where nothing is said. */
export const CounterBody = Type.Object({ delta, ttlSeconds }, { additionalProperties: false });

const CounterReply = Type.Object({
  value: counterValue,
  etag: Type.String(),
  revision,
  expiresAt,
});

export const readCounterReplies = {
  200: CounterReply,
  304: notModifiedReply,
  ...problemReplies(401, 403, 404, 409, 412, 422, 503),
};

export const addCounterReplies = {
  200: CounterReply,
  ...problemReplies(401, 403, 409, 412, 413, 415, 422, 503, 507),
};
