// Counters: entries whose value is a decimal number of 64 bits. GET reads one, POST adds to it,
// which no read and write of the caller's own could do without losing what others add.
// Next: `../store/store.ts` write, with `add`.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { headerCondition, readOutcome } from '../conditions.ts';
import { ReplyError } from '../errors.ts';
import { etagOf } from '../etag.ts';
import { limits } from '../limits.ts';
import { checkedDelta } from '../operations.ts';
import { checkedKey } from '../parameters.ts';
import { refusalError } from '../refusals.ts';
import { addCounterReplies, CounterBody, readCounterReplies } from '../schemas/counters.ts';
import { ConditionHeaders, KeyPath, NoQuery } from '../schemas/entries.ts';
import { counterOf } from '../store/counter.ts';
import type { Entry, Store } from '../store/store.ts';
import { ttlMsOfSeconds } from '../ttl.ts';
import { versionHeaders } from './entries.ts';

/** The routes of counters. */
export const counterRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    app.get(
      '/counters/:key',
      { schema: readSchema, config: { access: 'read' } },
      async (request, reply) => {
        const { incarnation } = store.info();
        const { database, key } = request.params;
        const condition = headerCondition(request.headers, incarnation);
        const entry = await store.get(database, checkedKey(key));
        if (entry === undefined) throw new ReplyError('DKV_KEY_NOT_FOUND');
        const outcome = readOutcome(condition, entry);
        if (outcome === 'failed') throw new ReplyError('DKV_PRECONDITION_FAILED');
        const counter = counterOf(entry.value);
        if (counter === undefined) throw new ReplyError('DKV_COUNTER_INVALID', NO_COUNTER);
        reply
          .headers(versionHeaders(entry, incarnation))
          .header('cache-control', 'private, no-cache');
        if (outcome === 'not-modified') return reply.code(304).send();
        return shown(counter, entry, incarnation);
      },
    );
    app.post('/counters/:key', addOptions, async ({ params, headers, body }, reply) => {
      const { incarnation } = store.info();
      const target = { database: params.database, key: checkedKey(params.key) };
      const condition = headerCondition(headers, incarnation);
      const delta = checkedDelta(body.delta, 'delta');
      const ttlMs = ttlMsOfSeconds(body.ttlSeconds);
      const { results, refusal } = await store.write([
        { op: 'add', ...target, condition, delta, ttlMs },
      ]);
      if (refusal !== undefined) throw refusalError(refusal);
      const [result] = results;
      if (result?.counter === undefined) throw new Error('an addition gave no number');
      reply.headers(versionHeaders(result, incarnation));
      return shown(result.counter, result, incarnation);
    });
  };
};

const NO_COUNTER = 'The value is no decimal number of 64 bits.';

const documented = {
  tags: ['counters'],
  security: [{ token: [] }],
  params: KeyPath,
  querystring: NoQuery,
  headers: ConditionHeaders,
};

const readSchema = {
  ...documented,
  operationId: 'readCounter',
  summary: 'Read a counter',
  description: 'A counter is an entry like any other; here its value comes as a number.',
  response: readCounterReplies,
};

const addOptions = {
  config: { access: 'write' as const },
  bodyLimit: limits.keyBodyBytesMax,
  // to add 1 nothing has to be said
  preValidation: async (request: { body: unknown }) => {
    if (request.body === undefined) request.body = {};
  },
  schema: {
    ...documented,
    operationId: 'addToCounter',
    summary: 'Add to a counter',
    description:
      'What is not there counts as 0. Numbers have 64 bits and a sign, so they travel as text. ' +
      'Without `ttlSeconds` the counter ends when it would have. Without a body 1 is added.',
    'x-optional-body': true,
    body: CounterBody,
    response: addCounterReplies,
  },
};

function shown(
  counter: bigint,
  { revision, expiresAtMs }: Pick<Entry, 'revision' | 'expiresAtMs'>,
  incarnation: string,
) {
  return {
    value: String(counter),
    etag: etagOf(incarnation, revision),
    revision: String(revision),
    ...(expiresAtMs !== null && { expiresAt: new Date(expiresAtMs).toISOString() }),
  };
}
