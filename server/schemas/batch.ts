// What a batch takes and gives: operations, one schema for each kind, and their results.
// Next: `../routes/batch.ts`; `../operations.ts` makes changes of them.
import { type Static, Type } from 'typebox';
import { limits } from '../limits.ts';
import { problemReplies, WELL_FORMED } from '../schemas.ts';
import { contentTypeBytesMax } from '../sealing/content.ts';
import { TAGS } from './entries.ts';
import { expiresAt, revision } from './list.ts';

const strict = { additionalProperties: false };

const key = Type.String({
  minLength: 1,
  maxLength: limits.keyBytesMax,
  pattern: WELL_FORMED,
  description: `The key: 1 to ${limits.keyBytesMax} bytes of UTF-8.`,
  examples: ['greeting'],
});

const condition = (header: string) =>
  Type.Optional(
    Type.String({ pattern: TAGS, description: `As \`${header}\` of a request.`, examples: ['*'] }),
  );

const target = {
  key,
  ifMatch: condition('If-Match'),
  ifNoneMatch: condition('If-None-Match'),
};

export const ttlSeconds = Type.Optional(
  Type.Number({
    minimum: 0.001,
    maximum: limits.ttlMsMax / 1000,
    description: 'The entry ends after so many seconds.',
  }),
);

const contentType = Type.Optional(
  Type.String({
    minLength: 3,
    maxLength: contentTypeBytesMax,
    description:
      'The media type; left out it is `text/plain; charset=utf-8`, with `valueBase64` ' +
      '`application/octet-stream`.',
    examples: ['application/json'],
  }),
);

export const delta = Type.Optional(
  Type.Union([
    Type.String({ pattern: '^(0|-?[1-9][0-9]{0,18})$', examples: ['1'] }),
    Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  ]),
);

/** Text of any kind. */
export const value = Type.String({ pattern: WELL_FORMED, description: 'The value, as text.' });
const base64 = { description: 'The value, as base64 with padding.', examples: ['aGVsbG8='] };
/** Bytes of any kind, as the document tells them. */
const toldBase64 = Type.String({
  pattern: '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
  ...base64,
});
/**
 * The same to check by: to look at groups of four takes a stack that grows with the text, and fails
 * where it is long. The length is looked at by `../operations.ts`.
 */
export const valueBase64 = Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$', ...base64 });

const put = { op: Type.Literal('put'), ...target, contentType, ttlSeconds };

export const PutText = Type.Object({ ...put, value }, strict);
const ToldPutBytes = Type.Object({ ...put, valueBase64: toldBase64 }, strict);
export const PutBytes = Type.Object({ ...put, valueBase64 }, strict);
export const Delete = Type.Object({ op: Type.Literal('delete'), ...target }, strict);
export const Add = Type.Object({ op: Type.Literal('add'), ...target, delta, ttlSeconds }, strict);
export const Check = Type.Object({ op: Type.Literal('check'), ...target }, strict);

export const Operation = Type.Union([PutText, ToldPutBytes, Delete, Add, Check]);
export type Operation = Static<typeof Operation>;

const count = { minItems: 1, maxItems: limits.batchChangesMax };

/** A batch whose operations have not been looked at. */
export const BatchOutline = Type.Object({ operations: Type.Array(Type.Unknown(), count) }, strict);
/** A batch. */
export const BatchBody = Type.Object({ operations: Type.Array(Operation, count) }, strict);

/** A number of 64 bits, which JSON's numbers do not hold. */
export const counterValue = Type.String({ pattern: '^-?[0-9]+$', examples: ['42'] });

const result = Type.Object({
  etag: Type.Union([Type.String(), Type.Null()], {
    description: 'The version of the entry; null where there is none.',
  }),
  revision,
  created: Type.Boolean({ description: 'There was no entry before.' }),
  expiresAt,
  value: Type.Optional(counterValue),
});

export const batchReplies = {
  200: Type.Object({ results: Type.Array(result) }),
  ...problemReplies(401, 403, 409, 412, 413, 415, 422, 503, 507),
};
