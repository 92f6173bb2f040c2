// `GET /keys`: the keys of a database page by page, in an order that is stable and not that of
// names, since names are sealed. With `?key=` it is the read of one entry.
// Next: `../cursor.ts`, `../store/store.ts` scan.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { refuseConditions } from '../conditions.ts';
import { cursorPlace, cursorText } from '../cursor.ts';
import { ReplyError } from '../errors.ts';
import { etagOf } from '../etag.ts';
import { limits } from '../limits.ts';
import { ConditionHeaders, DatabasePath } from '../schemas/entries.ts';
import { ListQuery, listReplies } from '../schemas/list.ts';
import type { NamedEntry, Store } from '../store/store.ts';
import { readEntry } from './entries.ts';

/** The route that lists keys, and reads the entry of a key that a path cannot carry. */
export const listRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    app.get('/keys', { schema, config: { access: 'read' } }, async (request, reply) => {
      const { params, query } = request;
      const { key, ...rest } = query;
      if (key === undefined) {
        refuseConditions(request.headers);
        // which is faster than by a schema that allows any value
        reply.type('application/json; charset=utf-8').serializer(JSON.stringify);
        return listKeys(store, params.database, rest);
      }
      if (Object.keys(rest).length > 0) throw new ReplyError('DKV_PARAMETER_INVALID', MIXED);
      return readEntry(store, { ...params, key }, request, reply);
    });
  };
};

const MIXED = 'With key one entry is read: prefix, limit and cursor are of no use.';

const schema = {
  tags: ['entries'],
  security: [{ token: [] }],
  operationId: 'listKeys',
  summary: 'List keys, or read the entry of `?key=`',
  description:
    'A page may have fewer keys than asked for, or none, and still a `cursor`: without one it is ' +
    'the last. A key that is there all the time is listed once; one that comes or goes meanwhile ' +
    'may be. `?key=` is for keys that a path cannot carry, such as `.` and `..`.',
  params: DatabasePath,
  querystring: ListQuery,
  headers: ConditionHeaders,
  response: listReplies,
};

async function listKeys(
  store: Store,
  database: number,
  { prefix = '', limit = limits.listKeysDefault, cursor }: Static<typeof ListQuery>,
) {
  const { incarnation } = store.info();
  const scope = { kind: 'list', incarnation, database, prefix } as const;
  const after = cursor === undefined ? undefined : cursorPlace(cursor, scope).position;
  const page = await store.scan({ database, prefix, limit, after, withValues: false });
  const { entries, unreadable, next } = page;
  return {
    keys: entries.map((entry) => shown(entry, incarnation)),
    ...(next && { cursor: cursorText(scope, { position: next, revision: 0 }) }),
    ...(unreadable > 0 && { unreadable }),
  };
}

function shown({ key, revision, expiresAtMs }: NamedEntry, incarnation: string) {
  const version = { key, etag: etagOf(incarnation, revision), revision: String(revision) };
  if (expiresAtMs === null) return version;
  return { ...version, expiresAt: new Date(expiresAtMs).toISOString() };
}
