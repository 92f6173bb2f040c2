// The schemas of requests and replies, and the types they yield; the OpenAPI document is made of
// them.
// Next: `routes/kv.ts`.
import { STATUS_CODES } from 'node:http';
import { type Static, Type } from 'typebox';
import { replyErrors } from './errors.ts';
import { limits } from './limits.ts';

/** Every character but lone surrogates, which UTF-8 cannot carry. */
export const WELL_FORMED = '^[^\\uD800-\\uDFFF]*$';

const database = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: limits.databaseMax,
    default: 0,
    description: 'The number of the database: each has its own keys.',
  }),
);

const key = Type.String({
  minLength: 1,
  pattern: WELL_FORMED,
  description: `The key: 1 to ${limits.keyBytesMax} bytes of UTF-8.`,
  examples: ['greeting'],
});

const value = Type.String({
  pattern: WELL_FORMED,
  description: `The value: up to ${limits.valueBytesMax} bytes of UTF-8.`,
  examples: ['hello'],
});

const strict = { additionalProperties: false };

/** The body of a read or a removal. */
export const KeyBody = Type.Object({ database, key }, strict);
/** The body of a write. */
export const EntryBody = Type.Object({ database, key, value }, strict);

/** The one condition of a write. It is not checked here, so that another one gets its own code. */
export const EntryHeaders = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({ description: '`*`: store a new key only.', examples: ['*'] }),
  ),
});

/** The text that Prometheus reads. */
export const metricsReply = {
  description: 'The metrics',
  content: { 'text/plain': { schema: Type.String() } },
};

export const ValueReply = Type.Object({ value: Type.String() });
export const SuccessReply = Type.Object({ status: Type.Literal('success') });
export const HealthReply = Type.Object({ status: Type.Literal('healthy') });

const codesOf = (status: number): string[] =>
  Object.entries(replyErrors).flatMap(([code, error]) => (error.status === status ? code : []));

/** An error as RFC 9457 has it, with our stable `code`: one of those that have this status. */
const problemSchema = (status: number) =>
  Type.Object({
    type: Type.String({ description: 'Always about:blank: `code` says which error it is.' }),
    title: Type.String({ description: 'The name of the status.' }),
    status: Type.Integer({ enum: [status] }),
    detail: Type.String({ description: 'What is wrong, for people.' }),
    code: Type.String({
      enum: codesOf(status),
      description: 'What is wrong, for programs; it never changes.',
    }),
    line: Type.Optional(Type.Integer({ description: 'Which line of an import it is.' })),
    lines: Type.Optional(Type.Integer({ description: 'Up to which line all is stored.' })),
    index: Type.Optional(Type.Integer({ description: 'Which operation of a batch it is.' })),
    instance: Type.Optional(Type.String({ description: 'The request, as the log names it.' })),
  });

export type Problem = Static<ReturnType<typeof problemSchema>>;

/** What any request can meet before it reaches its route, or in it. */
const USUAL_STATUSES = [400, 405, 408, 417, 421, 431, 500];

/**
 * The error replies of a route, the usual ones among them, for its documentation. Where callers are
 * asked for, their rate may be limited.
 */
export const problemReplies = (...statuses: number[]) =>
  Object.fromEntries(
    [...USUAL_STATUSES, ...statuses, ...(statuses.includes(401) ? [429] : [])].map((status) => [
      status,
      {
        description: STATUS_CODES[status] ?? 'Error',
        content: { 'application/problem+json': { schema: problemSchema(status) } },
      },
    ]),
  );
