// `GET /changes`: what has happened since a position, as a page, or as a feed of server-sent events
// that goes on.
// Next: `../feed.ts`, `../store/store.ts` changes.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { ChangeSignal } from '../change-signal.ts';
import { refuseConditions } from '../conditions.ts';
import { ReplyError } from '../errors.ts';
import { positionOf, revisionOf } from '../etag.ts';
import { feedTexts } from '../feed.ts';
import { eventObject } from '../feed-event.ts';
import { limits } from '../limits.ts';
import { LongReplies, readTexts } from '../long-replies.ts';
import { midwayProblem } from '../problem.ts';
import { bytesHeld } from '../replies.ts';
import {
  CHANGES_DEFAULT,
  ChangesHeaders,
  ChangesQuery,
  changesReplies,
} from '../schemas/changes.ts';
import { DatabasePath } from '../schemas/entries.ts';
import type { FeedPage, FeedRequest, Store } from '../store/store.ts';

export interface FeedBounds {
  /** In place of the bounds in `limits.ts`. */
  readonly feedHeartbeatMs?: number | undefined;
  readonly feedsMax?: number | undefined;
}

/** The route of the change feed. */
export const changeRoutes = (store: Store, bounds: FeedBounds): FastifyPluginAsyncTypebox => {
  return async (app) => {
    const feeds = new LongReplies(app, bounds.feedsMax ?? limits.feedsMax);
    const heartbeatMs = bounds.feedHeartbeatMs ?? limits.feedHeartbeatMs;
    app.get('/changes', options, async (request, reply) => {
      refuseConditions(request.headers);
      const asked = { ...request.params, ...request.query };
      const after = await startOf(store, request.query.since, request.headers['last-event-id']);
      if (!wantsFeed(request)) return pageReply({ store, feeds, reply, asked, after });
      const end = feeds.begin(reply.raw);
      return sendFeed({ store, end, heartbeatMs, request, reply, asked, after });
    });
  };
};

const options = {
  config: { access: 'read' as const },
  // the head of a feed tells nothing, and would be one
  exposeHeadRoute: false,
  schema: {
    tags: ['changes'],
    security: [{ token: [] }],
    operationId: 'readChanges',
    summary: 'Read what has changed, or follow it',
    description:
      'For each key the last event is told, not each one. With `Accept: text/event-stream` the ' +
      'feed goes on: `id` is the position, events are `put`, `delete` and `expire`; `unreadable` ' +
      'counts damaged entries, `problem` says why a feed ends. Removals are remembered for a ' +
      'day: who comes back later gets 410 and begins anew.',
    params: DatabasePath,
    querystring: ChangesQuery,
    headers: ChangesHeaders,
    response: changesReplies,
  },
};

type Asked = Static<typeof ChangesQuery> & { readonly database: number };

const wantsFeed = ({ headers }: FastifyRequest): boolean =>
  /(?:^|,)\s*text\/event-stream\s*(?:[;,]|$)/i.test(headers.accept ?? '');

/** The revision to begin after. Throws DKV_REVISION_GONE, DKV_HEADER_INVALID. */
async function startOf(
  store: Store,
  since: string | undefined,
  lastEventId: string | string[] | undefined,
): Promise<number> {
  if (lastEventId === undefined && since === 'now') return (await store.state()).revision;
  const position = lastEventId ?? since;
  if (position === undefined) return 0;
  const revision = revisionOf(store.info().incarnation, String(position));
  if (typeof revision === 'number') return revision;
  if (revision === 'foreign') throw new ReplyError('DKV_REVISION_GONE');
  if (lastEventId === undefined) throw new ReplyError('DKV_PARAMETER_INVALID', NO_POSITION);
  throw new ReplyError('DKV_HEADER_INVALID', 'Last-Event-ID is none that this feed has sent.');
}

const NO_POSITION = 'The path or the query does not fit: since is no position.';

interface PageCall {
  readonly store: Store;
  readonly feeds: LongReplies;
  readonly reply: FastifyReply;
  readonly asked: Asked;
  readonly after: number;
}

const requestOf = (asked: Asked, afterRevision: number): FeedRequest => {
  const { database, limit = CHANGES_DEFAULT, values: withValues = false } = asked;
  return { database, limit, withValues, afterRevision };
};

async function pageReply({ store, feeds, reply, asked, after }: PageCall) {
  const { wait = 0, values: withValues = false } = asked;
  let page = await store.changes(requestOf(asked, after));
  if (wait > 0 && isQuiet(page)) {
    const end = feeds.begin(reply.raw);
    const changes = new ChangeSignal(store, end);
    const endMs = performance.now() + wait * 1000;
    try {
      while (isQuiet(page) && !end.aborted && performance.now() < endMs) {
        // what came between the page before and the signal is found now
        page = await store.changes(requestOf(asked, page.revision));
        if (isQuiet(page)) await changes.next(endMs - performance.now());
      }
    } finally {
      changes.close();
    }
  }
  const { incarnation } = store.info();
  const { events, unreadable, revision, hasMore } = page;
  reply.type('application/json; charset=utf-8').serializer(JSON.stringify);
  return {
    events: events.map((event) => eventObject(event, { incarnation, withValues })),
    position: positionOf(incarnation, revision),
    hasMore,
    ...(unreadable > 0 && { unreadable }),
  };
}

const isQuiet = ({ events, unreadable, hasMore }: FeedPage): boolean =>
  events.length === 0 && unreadable === 0 && !hasMore;

interface FeedCall extends Omit<PageCall, 'feeds'> {
  readonly request: FastifyRequest;
  readonly end: AbortSignal;
  readonly heartbeatMs: number;
}

async function sendFeed(call: FeedCall): Promise<FastifyReply> {
  const { store, end, heartbeatMs, request, reply, asked, after } = call;
  const hold = holding(request, reply);
  const pageAfter = async (revision: number) => {
    const page = await store.changes(requestOf(asked, revision));
    hold(page, '');
    return page;
  };
  const changes = new ChangeSignal(store, end);
  const form = { incarnation: store.info().incarnation, withValues: asked.values ?? false };
  const isAllowed = () => request.isStillAllowed();
  try {
    const first = await pageAfter(after);
    const problemOf = (error: unknown) => midwayProblem(error, request);
    const calls = { pageAfter, hold, changes, isAllowed, problemOf };
    const source = { after, first, form, end, heartbeatMs, ...calls };
    return reply.type('text/event-stream').send(readTexts(feedTexts(source), reply.raw));
  } catch (error) {
    changes.close();
    throw error;
  }
}

/** Counts a page, a text (which is there twice), and what the connection has not taken yet. */
function holding(request: FastifyRequest, reply: FastifyReply) {
  const count = bytesHeld(request, reply);
  const { raw } = reply;
  let madeBytes = 0;
  const recount = () => count(madeBytes + raw.writableLength);
  raw.on('drain', () => {
    if (!raw.closed) recount();
  });
  return ({ events }: FeedPage, text: string): void => {
    madeBytes = sumOfValues(events) + 2 * text.length;
    recount();
  };
}

const sumOfValues = (events: FeedPage['events']): number =>
  events.reduce((sum, e) => sum + (e.kind === 'put' ? e.entry.value.byteLength : 0), 0);
