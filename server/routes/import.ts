// `POST /import`: lines of an export, stored as they come; how far it has come is told meanwhile.
// Next: `../import.ts`.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { refuseConditions } from '../conditions.ts';
import { Import, type ImportProgress } from '../import.ts';
import { IncomingParts } from '../incoming.ts';
import { limits } from '../limits.ts';
import { LongReplies, readTexts } from '../long-replies.ts';
import { midwayProblem } from '../problem.ts';
import { refuseOtherForms } from '../raw-body.ts';
import { DatabasePath } from '../schemas/entries.ts';
import { ImportQuery, importBody, importReplies, NDJSON } from '../schemas/transfer.ts';
import type { Store } from '../store/store.ts';
import { lineOf } from '../transfer-line.ts';

/** The route of imports. */
export const importRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    const imports = new LongReplies(app, limits.importsMax);
    app.removeAllContentTypeParsers();
    // the body is read as it is worked on
    app.addContentTypeParser(NDJSON, (_request, _payload, done) => done(null, {}));
    app.post('/import', options, async (request, reply) => {
      refuseConditions(request.headers);
      const { database } = request.params;
      const { onConflict, from: fromLine = 1 } = request.query;
      const parts = new IncomingParts(request.raw, imports.begin(reply.raw));
      const skipsExisting = onConflict === 'skip';
      const isStillAllowed = () => request.isStillAllowed();
      const source = { store, database, parts, fromLine, skipsExisting, isStillAllowed };
      const run = new Import({ ...source, nowMs: Date.now }).run();
      try {
        // what the first group comes to is the status of the reply
        const first = await run.next();
        const texts = progressTexts(first.value, run, { parts, reply });
        return reply.type(NDJSON).send(readTexts(texts, reply.raw));
      } catch (error) {
        await parts.linger(reply.raw);
        throw error;
      }
    });
  };
};

const options = {
  config: { access: 'write' as const },
  onRequest: refuseOtherForms,
  schema: {
    tags: ['transfer'],
    security: [{ token: [] }],
    operationId: 'importEntries',
    summary: 'Import entries',
    description:
      'Takes what an export gives, or lines such as `{"key": "k", "value": "v"}`, for as long as ' +
      'they come. `lines` tells up to which line all is on disk. A line that does not fit stops ' +
      'it: `line` is its number, those before it are stored. After a break send all again, or go ' +
      'on with `from`.',
    'x-optional-body': true,
    params: DatabasePath,
    querystring: ImportQuery,
    body: importBody,
    response: importReplies,
  },
};

interface ImportCall {
  readonly parts: IncomingParts;
  readonly reply: FastifyReply;
}

/** How far it has come, once a second at most: who sends may not read before the end. */
async function* progressTexts(
  first: ImportProgress,
  run: AsyncGenerator<ImportProgress>,
  { parts, reply }: ImportCall,
): AsyncGenerator<string> {
  let last = first;
  let toldMs = performance.now();
  yield lineOf(first);
  try {
    for await (const progress of run) {
      last = progress;
      if (performance.now() < toldMs + limits.importProgressMs) continue;
      toldMs = performance.now();
      yield lineOf(progress);
    }
    yield lineOf({ end: true, ...last });
  } catch (error) {
    // who has gone has ended it, and nothing has failed
    if (reply.raw.closed) return;
    yield lineOf({ problem: midwayProblem(error, reply.request) });
    await parts.linger(reply.raw);
  }
}
