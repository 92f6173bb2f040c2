// `GET /export`: a database as lines of JSON, which an import takes.
// Next: `../export.ts`.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { refuseConditions } from '../conditions.ts';
import { type CursorPlace, type CursorScope, cursorPlace } from '../cursor.ts';
import { exportTexts } from '../export.ts';
import { limits } from '../limits.ts';
import { LongReplies, readTexts } from '../long-replies.ts';
import { midwayProblem } from '../problem.ts';
import { DatabasePath } from '../schemas/entries.ts';
import { ExportQuery, exportReplies, NDJSON } from '../schemas/transfer.ts';
import type { Store } from '../store/store.ts';

/** The route of exports. */
export const exportRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    const exports = new LongReplies(app, limits.exportsMax);
    app.get('/export', options, async (request, reply) => {
      refuseConditions(request.headers);
      const info = store.info();
      const { database } = request.params;
      const scope = {
        kind: 'export',
        incarnation: info.incarnation,
        database,
        prefix: '',
      } as const;
      const { position: after, revision } = await beginning(store, request.query.cursor, scope);
      const end = exports.begin(reply.raw);
      const limit = limits.exportRowsMax;
      const pageAfter = (position: Buffer) =>
        store.scan({ database, after: position, limit, withValues: true });
      const goesOn = async () => !end.aborted && (await request.isStillAllowed());
      const first = await pageAfter(after);
      const problemOf = (error: unknown) => midwayProblem(error, request);
      const calls = { pageAfter, goesOn, problemOf };
      const texts = exportTexts({ info, scope, revision, after, first, ...calls });
      return reply.type(NDJSON).send(readTexts(texts, reply.raw));
    });
  };
};

/** Asked before the first page: what changes from then on is in a feed from there. */
async function beginning(
  store: Store,
  cursor: string | undefined,
  scope: CursorScope,
): Promise<CursorPlace> {
  if (cursor !== undefined) return cursorPlace(cursor, scope);
  return { position: Buffer.alloc(0), revision: (await store.state()).revision };
}

const options = {
  config: { access: 'read' as const },
  // it would be an export that nobody reads
  exposeHeadRoute: false,
  schema: {
    tags: ['transfer'],
    security: [{ token: [] }],
    operationId: 'exportEntries',
    summary: 'Export a database',
    description:
      'One JSON object a line: a head with `format` and `position`, entries, `{"cursor"}` after ' +
      'each page, and `{"end": true}`. Without that end it was cut: the last `cursor` goes on. ' +
      'What changes meanwhile may be in it; a feed from `position` on has it all.',
    params: DatabasePath,
    querystring: ExportQuery,
    response: exportReplies,
  },
};
