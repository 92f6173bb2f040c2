// The routes of /kv: POST reads, PUT stores, DELETE deletes. The body has passed its schema; bounds
// in bytes are checked here.
// Next: `../store/store.ts`.
import { isUtf8 } from 'node:buffer';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { preHandlerHookHandler } from 'fastify';
import { ReplyError } from '../errors.ts';
import { limits } from '../limits.ts';
import {
  EntryBody,
  EntryHeaders,
  KeyBody,
  problemReplies,
  SuccessReply,
  ValueReply,
} from '../schemas.ts';
import { textType } from '../sealing/content.ts';
import type { Store } from '../store/store.ts';

const SUCCESS = { status: 'success' } as const;

const ABSENT = { noneMatch: 'any' } as const;

const UNKEPT = ['if-match', 'if-none-match', 'if-unmodified-since'] as const;

/** The routes of /kv on `store`. */
export const kvRoutes = (store: Store): FastifyPluginAsyncTypebox => {
  return async (app) => {
    app.addHook('preHandler', refuseConditions);
    const bodyLimit = limits.keyBodyBytesMax;
    const read = { schema: readSchema, config: { access: 'read' }, bodyLimit } as const;
    app.post('/kv', read, async ({ body }) => {
      const entry = await store.get(body.database ?? 0, checkedKey(body.key));
      if (entry === undefined) throw new ReplyError('DKV_KEY_NOT_FOUND');
      return { value: textOf(entry.value) };
    });
    app.put('/kv', { schema: writeSchema, config: { access: 'write' } }, async (request) => {
      const { body, headers } = request;
      // Any other text has been refused.
      const condition = headers['if-none-match'] === undefined ? undefined : ABSENT;
      const target = { database: body.database ?? 0, key: checkedKey(body.key), condition };
      const content = { value: checkedValue(body.value), contentType: textType };
      const { refusal } = await store.write([{ op: 'put', ...target, ...content }]);
      if (refusal !== undefined) throw new ReplyError('DKV_KEY_EXISTS');
      return SUCCESS;
    });
    const remove = { schema: removeSchema, config: { access: 'write' }, bodyLimit } as const;
    app.delete('/kv', remove, async ({ body }) => {
      const { database = 0, key } = body;
      await store.write([{ op: 'remove', database, key: checkedKey(key) }]);
      return SUCCESS;
    });
  };
};

const documented = { tags: ['keys'], security: [{ token: [] }] };

const readSchema = {
  ...documented,
  operationId: 'readKey',
  summary: 'Read a key',
  body: KeyBody,
  response: { 200: ValueReply, ...problemReplies(401, 403, 404, 409, 413, 415, 422, 503) },
};

const writeSchema = {
  ...documented,
  operationId: 'putKey',
  summary: 'Store a key',
  description:
    'Replaces the old value. With `If-None-Match: *` an existing key is left alone (412).',
  headers: EntryHeaders,
  body: EntryBody,
  response: {
    200: SuccessReply,
    ...problemReplies(401, 403, 412, 413, 415, 422, 503, 507),
  },
};

const removeSchema = {
  ...documented,
  operationId: 'deleteKey',
  summary: 'Delete a key',
  description: 'Succeeds also when there is no such key.',
  body: KeyBody,
  response: { 200: SuccessReply, ...problemReplies(401, 403, 413, 415, 422, 503, 507) },
};

/** A value as JSON can carry it. */
function textOf(value: Buffer): string {
  if (!isUtf8(value)) throw new ReplyError('DKV_VALUE_NOT_TEXT');
  return value.toString('utf8');
}

function checkedKey(key: string): string {
  const sizeBytes = Buffer.byteLength(key, 'utf8');
  if (sizeBytes <= limits.keyBytesMax) return key;
  throw new ReplyError(
    'DKV_BODY_INVALID',
    `The body does not fit: key has ${sizeBytes} bytes of UTF-8, ` +
      `and ${limits.keyBytesMax} are the most.`,
  );
}

function checkedValue(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length <= limits.valueBytesMax) return bytes;
  throw new ReplyError(
    'DKV_VALUE_TOO_LARGE',
    `The value has ${bytes.length} bytes of UTF-8, and ${limits.valueBytesMax} are the most.`,
  );
}

/**
 * A condition that is not kept must not be passed over in silence. If-Modified-Since and If-Range
 * are no conditions of these methods (RFC 9110, 13.1.3 and 14.2).
 */
const refuseConditions: preHandlerHookHandler = ({ method, headers }, _reply, done) => {
  const isKept = (name: string) =>
    name === 'if-none-match' && method === 'PUT' && headers[name] === '*';
  const isRefused = UNKEPT.some((name) => headers[name] !== undefined && !isKept(name));
  done(isRefused ? new ReplyError('DKV_PRECONDITION_UNSUPPORTED') : undefined);
};
