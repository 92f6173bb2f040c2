// `POST /batch`: several operations, made all or not at all, one after the other.
// Next: `../operations.ts`, `../store/store.ts` write.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { refuseConditions } from '../conditions.ts';
import { etagOf } from '../etag.ts';
import { limits } from '../limits.ts';
import { batchOf, complaintsAbout } from '../operations.ts';
import { compileStrictly } from '../parameters.ts';
import { operationError } from '../refusals.ts';
import { BatchBody, batchReplies, type Operation } from '../schemas/batch.ts';
import { DatabasePath, NoQuery } from '../schemas/entries.ts';
import type { ChangeResult } from '../store/change.ts';
import type { Store } from '../store/store.ts';

/** The route of batches. */
export const batchRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    app.post('/batch', options, async ({ params, body, headers }) => {
      refuseConditions(headers);
      const { incarnation } = store.info();
      const { operations } = body;
      const batch = batchOf(operations, { database: params.database, incarnation });
      const { results, refusal } = await store.write(batch);
      if (refusal !== undefined) throw operationError(refusal);
      return { results: results.map((result, at) => shown(result, operations[at], incarnation)) };
    });
  };
};

const schema = {
  tags: ['entries'],
  security: [{ token: [] }],
  operationId: 'writeBatch',
  summary: 'Make several operations, all or none',
  description:
    'Operations are made one after the other, each seeing those before it. If one cannot be ' +
    'made, none is: `index` names it.',
  params: DatabasePath,
  querystring: NoQuery,
  body: BatchBody,
  response: batchReplies,
};

/** A union of schemas says of every operation that it is none of the others. */
const compileBatch: FastifySchemaCompiler<TSchema> = (route) => {
  if (route.httpPart !== 'body') return compileStrictly(route);
  return (body: unknown) => {
    const error = complaintsAbout(body);
    return error.length > 0 ? { error: error as never } : { value: body };
  };
};

const options = {
  schema,
  config: { access: 'write' as const, jsonPartsMax: limits.batchJsonPartsMax },
  validatorCompiler: compileBatch,
};

function shown(result: ChangeResult, operation: Operation | undefined, incarnation: string) {
  const { revision, created, expiresAtMs, counter } = result;
  const isThere = revision > 0 && operation?.op !== 'delete';
  return {
    etag: isThere ? etagOf(incarnation, revision) : null,
    revision: String(revision),
    created,
    ...(expiresAtMs !== null && { expiresAt: new Date(expiresAtMs).toISOString() }),
    ...(counter !== undefined && { value: String(counter) }),
  };
}
