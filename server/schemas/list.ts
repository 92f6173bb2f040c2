// What the listing of keys takes and gives.
// Next: `../routes/list.ts`.
import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { problemReplies } from '../schemas.ts';
import { entryReply, key, notModifiedReply } from './entries.ts';

const prefix = Type.String({
  maxLength: limits.keyBytesMax,
  description: 'Only keys that begin so.',
});

export const cursor = Type.String({
  minLength: 1,
  description: 'Where to go on: the `cursor` of the page before.',
});

/** The one entry, or a page of keys. */
export const ListQuery = Type.Object(
  {
    key: Type.Optional(key),
    prefix: Type.Optional(prefix),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.listKeysMax,
        default: limits.listKeysDefault,
        description: 'The most keys of a page.',
      }),
    ),
    cursor: Type.Optional(cursor),
  },
  { additionalProperties: false },
);

export const revision = Type.String({ pattern: '^[0-9]+$', examples: ['42'] });
export const expiresAt = Type.Optional(
  Type.String({ format: 'date-time', description: 'When the entry ends; absent: never.' }),
);

export const unreadable = Type.Optional(
  Type.Integer({ minimum: 1, description: 'Entries that are damaged and not shown.' }),
);

const ListReply = Type.Object({
  keys: Type.Array(Type.Object({ key: Type.String(), etag: Type.String(), revision, expiresAt })),
  cursor: Type.Optional(
    Type.String({ description: 'There may be more: ask again with it. Absent at the end.' }),
  ),
  unreadable,
});

/** A value may be JSON itself. */
const PageOrValue = Type.Union([ListReply, Type.Unknown()]);

export const listReplies = {
  200: {
    ...entryReply,
    description: 'A page of keys; with `key` the value of that entry',
    content: { ...entryReply.content, 'application/json': { schema: PageOrValue } },
  },
  304: notModifiedReply,
  ...problemReplies(401, 403, 404, 410, 412, 422, 503),
};
