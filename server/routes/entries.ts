// The calls of one entry: GET and HEAD read, PUT stores, DELETE removes; raw values with their
// media type, conditions, and a time to live.
// Next: `../conditions.ts`, `../store/store.ts`.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { headerCondition, readOutcome } from '../conditions.ts';
import { ReplyError } from '../errors.ts';
import { etagOf } from '../etag.ts';
import { limits } from '../limits.ts';
import { checkedKey } from '../parameters.ts';
import { bytesOf, mediaTypeOf, readRawBodies, refuseOtherForms } from '../raw-body.ts';
import {
  ConditionHeaders,
  DatabasePath,
  KeyPath,
  KeyQuery,
  NoQuery,
  PutHeaders,
  putReplies,
  rawBody,
  readReplies,
  removeReplies,
} from '../schemas/entries.ts';
import type { Entry, Store } from '../store/store.ts';
import { ttlBounds, ttlMsOf } from '../ttl.ts';

/** Which entry a call is about. */
export interface EntryTarget {
  readonly database: number;
  readonly key: string;
}

/** A value must not run in a browser as if it were a page of ours. */
const SANDBOX = "sandbox; default-src 'none'";

/** The routes of entries by their path, and of writes by `?key=`; `list.ts` has the read by it. */
export const entryRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    readRawBodies(app);
    const byPath = { params: KeyPath, querystring: NoQuery };
    app.get('/keys/:key', readOptions(byPath), (request, reply) =>
      readEntry(store, request.params, request, reply),
    );
    app.put('/keys/:key', putOptions('putEntry', byPath), (request, reply) =>
      putEntry(store, request.params, request, reply),
    );
    app.delete('/keys/:key', removeOptions('removeEntry', byPath), (request, reply) =>
      removeEntry(store, request.params, request, reply),
    );
    const byQuery = { params: DatabasePath, querystring: KeyQuery };
    app.put('/keys', putOptions('putEntryByQuery', byQuery), (request, reply) =>
      putEntry(store, { ...request.params, ...request.query }, request, reply),
    );
    app.delete('/keys', removeOptions('removeEntryByQuery', byQuery), (request, reply) =>
      removeEntry(store, { ...request.params, ...request.query }, request, reply),
    );
  };
};

const documented = { tags: ['entries'], security: [{ token: [] }] };

const readOptions = <T extends object>(place: T) => ({
  config: { access: 'read' as const },
  schema: {
    ...documented,
    ...place,
    operationId: 'readEntry',
    summary: 'Read an entry',
    description:
      'Gives the bytes with the media type that they were stored with. `HEAD` gives the head.',
    headers: ConditionHeaders,
    response: readReplies,
  },
});

const putOptions = <T extends object>(operationId: string, place: T) => ({
  config: { access: 'write' as const },
  bodyLimit: limits.valueBytesMax,
  onRequest: refuseOtherForms,
  schema: {
    ...documented,
    ...place,
    operationId,
    summary: 'Store an entry',
    description:
      'The body is the value, its `Content-Type` the media type. Without `DumbKV-TTL` the entry ' +
      'stays, also where the one before it would have ended.',
    headers: PutHeaders,
    body: rawBody,
    response: putReplies,
  },
});

const removeOptions = <T extends object>(operationId: string, place: T) => ({
  config: { access: 'write' as const },
  bodyLimit: limits.smallBytesMax,
  schema: {
    ...documented,
    ...place,
    operationId,
    summary: 'Remove an entry',
    description: 'Succeeds also when there is no such entry.',
    headers: ConditionHeaders,
    response: removeReplies,
  },
});

/** Answers with the entry, or with what the condition comes to. */
export async function readEntry(
  store: Store,
  { database, key }: EntryTarget,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { incarnation } = store.info();
  const condition = headerCondition(request.headers, incarnation);
  const entry = await store.get(database, checkedKey(key));
  if (entry === undefined) throw new ReplyError('DKV_KEY_NOT_FOUND');
  const outcome = readOutcome(condition, entry);
  if (outcome === 'failed') throw new ReplyError('DKV_PRECONDITION_FAILED');
  reply.headers(versionHeaders(entry, incarnation)).header('cache-control', 'private, no-cache');
  if (outcome === 'not-modified') return reply.code(304).send();
  return reply
    .header('content-type', entry.contentType)
    .header('content-security-policy', SANDBOX)
    .header('accept-ranges', 'none')
    .send(entry.value);
}

async function putEntry(
  store: Store,
  { database, key }: EntryTarget,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { incarnation } = store.info();
  const condition = headerCondition(request.headers, incarnation);
  const content = { value: bytesOf(request), contentType: mediaTypeOf(request) };
  const target = { database, key: checkedKey(key), condition };
  const ttlMs = ttlIn(request);
  const { results } = await store.write([{ op: 'put', ...target, ...content, ttlMs }]);
  const [result] = results ?? [];
  if (result === undefined) throw new ReplyError('DKV_PRECONDITION_FAILED');
  return reply
    .code(result.created ? 201 : 204)
    .headers(versionHeaders(result, incarnation))
    .send();
}

async function removeEntry(
  store: Store,
  { database, key }: EntryTarget,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const condition = headerCondition(request.headers, store.info().incarnation);
  const target = { database, key: checkedKey(key), condition };
  const { refusal } = await store.write([{ op: 'remove', ...target }]);
  if (refusal !== undefined) throw new ReplyError('DKV_PRECONDITION_FAILED');
  return reply.code(204).send();
}

/** Which version of an entry it is, and how long it stays. */
export function versionHeaders(
  { revision, expiresAtMs }: Pick<Entry, 'revision' | 'expiresAtMs'>,
  incarnation: string,
): Record<string, string> {
  const etag = { etag: etagOf(incarnation, revision) };
  if (expiresAtMs === null) return etag;
  return { ...etag, 'dumbkv-expires-at': new Date(expiresAtMs).toISOString() };
}

function ttlIn({ headers }: FastifyRequest): number | undefined {
  const text = headers['dumbkv-ttl'];
  if (text === undefined) return undefined;
  const ttlMs = ttlMsOf(String(text));
  if (ttlMs !== undefined) return ttlMs;
  throw new ReplyError('DKV_HEADER_INVALID', `DumbKV-TTL must be ${ttlBounds}.`);
}
