// Path and query of a request: decoded strictly, and numbers are written in one way only, so that
// no two texts mean one thing by accident.
// Next: the schemas of the routes.
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { ReplyError } from './errors.ts';
import { limits } from './limits.ts';
import { SchemaCheck } from './schema-check.ts';

const INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;

/** Headers are made sense of where they are used: a schema could not say what is wrong. */
const asItIs = (value: unknown) => ({ value });

/** Validates by schemas of TypeBox, and takes nothing for a number but its decimal digits. */
export const compileStrictly: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'headers') return asItIs;
  const check = new SchemaCheck(schema);
  const convert = httpPart === 'body' ? (value: unknown) => value : converter(schema);
  return (value: unknown) => {
    const converted = convert(value);
    if (check.fits(converted)) return { value: converted };
    return { error: check.complaints(converted) as never };
  };
};

function converter(schema: TSchema): (value: unknown) => unknown {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> };
  const typeOf = (name: string) => (Object.hasOwn(properties, name) ? properties[name]?.type : '');
  return (value) =>
    Object.fromEntries(
      Object.entries(value ?? {}).map(([name, text]) => [name, converted(text, typeOf(name))]),
    );
}

function converted(text: unknown, type: string | undefined): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'integer' && INTEGER.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/**
 * Refuses a target that would be read otherwise than it was meant: with a fragment, which the
 * router would cut off, or with a query that is no UTF-8, which it would take undecoded.
 */
export function checkTargets(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, _, done) => {
    const complaint = complaintOf(raw.url ?? '');
    done(complaint === undefined ? undefined : new ReplyError('DKV_URL_INVALID', complaint));
  });
}

function complaintOf(target: string): string | undefined {
  if (target.includes('#')) return 'The URL has a # in it.';
  const queryStart = target.indexOf('?');
  if (queryStart === -1) return undefined;
  try {
    decodeURIComponent(target.slice(queryStart));
    return undefined;
  } catch {
    return 'The query of the URL is not percent-encoded UTF-8.';
  }
}

/** A key from a path or a query. Throws DKV_PARAMETER_INVALID. */
export function checkedKey(key: string): string {
  const sizeBytes = Buffer.byteLength(key, 'utf8');
  if (sizeBytes <= limits.keyBytesMax) return key;
  throw new ReplyError(
    'DKV_PARAMETER_INVALID',
    `The path or the query does not fit: key has ${sizeBytes} bytes of UTF-8, ` +
      `and ${limits.keyBytesMax} are the most.`,
  );
}
