// Request bodies: JSON in UTF-8 and nothing else, bounded, and told field by field what does not
// fit.
// Next: `routes/kv.ts` gets a body that fits its schema.
import type { FastifyInstance, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { messageOf, ReplyError } from './errors.ts';
import { limits } from './limits.ts';

// The BOM is kept so that JSON.parse refuses it; a lenient decoder would make different keys equal.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Makes `app` read JSON bodies only, and say in our words what a schema refuses. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseJson(body),
  );
  app.setSchemaErrorFormatter((errors) => new ReplyError('DKV_BODY_INVALID', describe(errors)));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    throw new ReplyError('DKV_BODY_NOT_JSON', undefined, { cause: messageOf(error) });
  }
}

/** One sentence for all that is wrong, each field named once. */
export function describe(errors: readonly FastifySchemaValidationError[]): string {
  const byField = new Map<string, string>();
  for (const error of errors.flatMap(complaints)) {
    if (!byField.has(error.field)) byField.set(error.field, error.complaint);
  }
  const all = [...byField].map(([field, complaint]) => `${field} ${complaint}`);
  const named = all.slice(0, limits.fieldsNamedMax).join('; ');
  const more = all.length > limits.fieldsNamedMax ? '; and more' : '';
  return `The body does not fit: ${named}${more}.`;
}

interface Complaint {
  readonly field: string;
  readonly complaint: string;
}

function complaints({ keyword, instancePath, params, message }: FastifySchemaValidationError) {
  if (keyword === 'required') {
    const missing = params.requiredProperties as string[];
    return missing.map((field): Complaint => ({ field, complaint: 'is missing' }));
  }
  // Its fields come one by one as well, with the keyword `boolean`.
  if (keyword === 'additionalProperties') return [];
  const field = fieldOf(instancePath);
  if (keyword === 'boolean') return [{ field, complaint: 'is not known here' }];
  if (keyword === 'minLength') return [{ field, complaint: 'must not be empty' }];
  if (keyword === 'pattern') {
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
