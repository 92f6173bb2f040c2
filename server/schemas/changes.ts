// What the change feed takes and gives.
// Next: `../routes/changes.ts`.
import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { problemReplies } from '../schemas.ts';
import { expiresAt, revision, unreadable } from './list.ts';

/** The events of a page where nothing is said. */
export const CHANGES_DEFAULT = 100;

const position = (description: string) =>
  Type.String({ pattern: '^[0-9a-f]{8}-(0|[1-9][0-9]{0,15})$', description });

export const ChangesQuery = Type.Object(
  {
    since: Type.Optional(
      Type.Union([Type.Literal('now'), position('The `position` of a page.')], {
        description:
          'Where to go on: a `position`, an `id`, or an ETag without its quotes; `now`: only ' +
          'what is to come. Left out: from the beginning, each entry that is there.',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.changesMax,
        default: CHANGES_DEFAULT,
        description: 'The most events of a page.',
      }),
    ),
    values: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether events carry values.' }),
    ),
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: limits.changesWaitSecondsMax,
        default: 0,
        description: 'How many seconds to wait where nothing has happened yet.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const ChangesHeaders = Type.Object({
  'Last-Event-ID': Type.Optional(position('Goes before `since`: the `id` that came last.')),
});

const event = Type.Object({
  type: Type.Enum(['put', 'delete', 'expire']),
  key: Type.String(),
  revision,
  etag: Type.Optional(Type.String()),
  expiresAt,
  contentType: Type.Optional(Type.String()),
  value: Type.Optional(Type.String()),
  valueBase64: Type.Optional(Type.String()),
});

const ChangesReply = Type.Object({
  events: Type.Array(event),
  position: position('Where to go on: the `since` of the next page.'),
  hasMore: Type.Boolean({ description: 'More is there already.' }),
  unreadable,
});

export const changesReplies = {
  200: {
    description: 'A page of events, or a feed of them',
    content: {
      'application/json': { schema: ChangesReply },
      'text/event-stream': { schema: Type.String() },
    },
  },
  ...problemReplies(401, 403, 410, 422, 503),
};
