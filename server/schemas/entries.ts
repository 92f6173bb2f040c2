// What the calls of one entry take and give, as the OpenAPI document shows it: the path, the
// headers, bytes of any type.
// Next: `../routes/entries.ts`.
import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { problemReplies } from '../schemas.ts';

const strict = { additionalProperties: false };

export const database = Type.Integer({
  minimum: 0,
  maximum: limits.databaseMax,
  description: 'The number of the database: each has its own keys.',
});

export const key = Type.String({
  minLength: 1,
  maxLength: limits.keyBytesMax,
  description: `The key: 1 to ${limits.keyBytesMax} bytes of UTF-8, percent-encoded.`,
  examples: ['greeting'],
});

/** The path of what a whole database has. */
export const DatabasePath = Type.Object({ database });
/** The path of one entry. */
export const KeyPath = Type.Object({ database, key });
/** A query with a key that a path could not carry. */
export const KeyQuery = Type.Object({ key }, strict);
/** No query at all. */
export const NoQuery = Type.Object({}, strict);

/** As RFC 9110 writes them, here without what it allows between them. */
export const TAGS = '^(\\*|(W/)?"[!#-~]*"( ?, ?(W/)?"[!#-~]*"){0,31})$';
const tags = (description: string) =>
  Type.Optional(Type.String({ pattern: TAGS, description, examples: ['*'] }));

export const conditionHeaders = {
  'If-Match': tags('Only if the entry is there with one of these entity tags; `*`: with any.'),
  'If-None-Match': tags('Only if the entry has none of these entity tags; `*`: is not there.'),
};

export const ConditionHeaders = Type.Object(conditionHeaders);

export const ttlHeader = Type.Optional(
  Type.String({
    pattern: '^(?!0+(\\.0+)?$)(0|[1-9][0-9]{0,8})(\\.[0-9]{1,3})?$',
    description: `The entry ends after so many seconds: up to ${limits.ttlMsMax / 1000}.`,
    examples: ['3600'],
  }),
);

export const PutHeaders = Type.Object({ ...conditionHeaders, 'DumbKV-TTL': ttlHeader });

const ETag = Type.String({ description: 'The entity tag of the entry, always a strong one.' });
const expiry = {
  'DumbKV-Expires-At': Type.String({
    format: 'date-time',
    description: 'When the entry ends; absent where it does not.',
  }),
};

/** Bytes of any type: nothing is said of them, so nothing is checked. */
const bytes = { content: { '*/*': { schema: {} } } };

/** The body of a write: any bytes. */
export const rawBody = {
  description: `The value: up to ${limits.valueBytesMax} bytes.`,
  ...bytes,
};

export const entryReply = {
  description: 'The value, byte by byte as it was stored, with its media type',
  headers: { ETag, ...expiry },
  ...bytes,
};

const empty = (description: string, headers: object = {}) => ({
  description,
  headers,
  type: 'null',
});

export const notModifiedReply = empty('The caller has the value already', { ETag, ...expiry });
export const removedReply = empty('There is no such entry any more');
const stored = { ETag, ...expiry };

export const putReplies = {
  201: empty('Stored; there was no such entry before', stored),
  204: empty('Stored in place of what was there', stored),
  ...problemReplies(401, 403, 412, 413, 415, 422, 503, 507),
};
export const readReplies = {
  200: entryReply,
  304: notModifiedReply,
  ...problemReplies(401, 403, 404, 412, 422, 503),
};
export const removeReplies = {
  204: removedReply,
  ...problemReplies(401, 403, 412, 413, 415, 422, 503, 507),
};
