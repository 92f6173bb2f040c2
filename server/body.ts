// Request bodies: JSON in UTF-8 and nothing else, bounded, and told field by field what does not
// fit.
// Next: `routes/kv.ts` gets a body that fits its schema.
import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { ByteBudget, type ByteShare } from './budget.ts';
import { messageOf, ReplyError } from './errors.ts';
import { limits } from './limits.ts';
import { receiveBody } from './receive.ts';
import { WELL_FORMED } from './schemas.ts';

// The BOM is kept so that JSON.parse refuses it; a lenient decoder would make different keys equal.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BYTE = { '"': 0x22, ',': 0x2c, '[': 0x5b, '\\': 0x5c, '{': 0x7b } as const;
const OTHER_CHARSET = /;\s*charset\s*=\s*(?!"?utf-?8"?\s*(?:;|$))/i;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In place of the bound in `limits.ts`. */
    jsonPartsMax?: number;
  }
  interface FastifyRequest {
    /** Its reply: with that over, its body is. */
    response: ServerResponse | undefined;
    /** What its body may hold of the room of all bodies. */
    bodyShare(): ByteShare;
  }
}

/** Makes `app` read JSON bodies only, and say in our words what a schema refuses. */
export function readBodies(app: FastifyInstance, totalBytes: number = limits.bodiesBytesMax): void {
  const budget = new ByteBudget(totalBytes);
  app.decorateRequest('response', undefined);
  app.decorateRequest('bodyShare', function (this: FastifyRequest) {
    if (this.response === undefined) throw new Error('a body was read before its time');
    return budget.shareFor(this.response);
  });
  app.addHook('preParsing', (request, { raw }, payload, done) => {
    request.response = raw;
    done(null, payload);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, payload, done) => {
    if (OTHER_CHARSET.test(request.headers['content-type'] ?? '')) {
      done(new ReplyError('DKV_MEDIA_TYPE_UNSUPPORTED'));
      return;
    }
    const { bodyLimit: bytesMax, config } = request.routeOptions;
    receiveBody(payload, { bytesMax, share: () => request.bodyShare() }, (refusal, bytes) => {
      if (bytes === undefined) done(refusal);
      else parseThen(done, bytes, config.jsonPartsMax);
    });
  });
  app.setSchemaErrorFormatter((errors, part) =>
    part === 'body'
      ? new ReplyError('DKV_BODY_INVALID', describe(errors))
      : new ReplyError('DKV_PARAMETER_INVALID', describe(errors, 'The path or the query')),
  );
}

function parseThen(
  done: (error: Error | null, body?: unknown) => void,
  bytes: Buffer,
  partsMax: number | undefined,
): void {
  let body: unknown;
  try {
    body = parseJson(bytes, partsMax);
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, body);
}

/** JSON in UTF-8. Throws DKV_BODY_NOT_JSON and DKV_BODY_INVALID. */
export function parseJson(body: Buffer, partsMax: number = limits.jsonPartsMax): unknown {
  if (!hasFewParts(body, partsMax)) {
    throw new ReplyError('DKV_BODY_INVALID', 'The body does not fit: it has far too many parts.');
  }
  try {
    return JSON.parse(textOf(body));
  } catch (error) {
    throw new ReplyError('DKV_BODY_NOT_JSON', undefined, { cause: messageOf(error) });
  }
}

/** A decoder takes longer for the few bytes that most bodies have; it is kept for what it says. */
const textOf = (body: Buffer): string => (isUtf8(body) ? body.toString('utf8') : utf8.decode(body));

/** JSON.parse takes a second for a million members, and telling of each one takes longer. */
function hasFewParts(body: Buffer, partsMax: number): boolean {
  if (body.length <= partsMax) return true;
  let parts = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === BYTE['"']) at = endOfText(body, at + 1);
    else if (byte === BYTE[','] || byte === BYTE['['] || byte === BYTE['{']) parts += 1;
    if (parts > partsMax) return false;
  }
  return true;
}

/** Where the text that begins at `from` ends. Bytes do: UTF-8 uses these for nothing else. */
function endOfText(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && body[at] !== BYTE['"']) at += body[at] === BYTE['\\'] ? 2 : 1;
  return at;
}

/** One sentence for all that is wrong, each field named once. */
export function describe(
  errors: readonly FastifySchemaValidationError[],
  what = 'The body',
): string {
  const byField = new Map<string, string>();
  for (const error of errors.flatMap(complaints)) {
    if (!byField.has(error.field)) byField.set(error.field, error.complaint);
  }
  const all = [...byField].map(([field, complaint]) => `${field} ${complaint}`);
  const named = all.slice(0, limits.fieldsNamedMax).join('; ');
  const more = all.length > limits.fieldsNamedMax ? '; and more' : '';
  return `${what} does not fit: ${named}${more}.`;
}

interface Complaint {
  readonly field: string;
  readonly complaint: string;
}

function complaints({ keyword, instancePath, params, message }: FastifySchemaValidationError) {
  if (keyword === 'required') {
    const missing = params.requiredProperties as string[];
    const within = instancePath === '' ? '' : `${fieldOf(instancePath)}/`;
    return missing.map((field): Complaint => ({ field: within + field, complaint: 'is missing' }));
  }
  // Its fields come one by one as well, with the keyword `boolean`.
  if (keyword === 'additionalProperties') return [];
  const field = fieldOf(instancePath);
  if (keyword === 'boolean') return [{ field, complaint: 'is not known here' }];
  if (keyword === 'minLength') return [{ field, complaint: 'must not be empty' }];
  if (keyword === 'pattern' && String(params.pattern).includes(WELL_FORMED)) {
    return [{ field, complaint: 'has half a surrogate pair, which is no character' }];
  }
  return [{ field, complaint: message ?? 'is wrong' }];
}

/**
 * A field's name from its JSON pointer, cut and made printable, since the client may have chosen
 * it.
 */
function fieldOf(instancePath: string): string {
  if (instancePath === '') return 'it';
  const name = instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  const cut = name.slice(0, limits.echoCharactersMax).toWellFormed();
  return JSON.stringify(cut).slice(1, -1) + (cut.length < name.length ? '…' : '');
}
