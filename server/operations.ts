// The operations of a batch: checked one by one, so that each mistake is told by its place, and
// made into changes. Pure.
// Next: `store/change.ts`.
import type { FastifySchemaValidationError } from 'fastify';
import { conditionOf } from './conditions.ts';
import { ReplyError } from './errors.ts';
import { limits } from './limits.ts';
import { BYTES_TYPE, isMediaType } from './media-type.ts';
import { SchemaCheck } from './schema-check.ts';
import {
  Add,
  BatchOutline,
  Check,
  Delete,
  type Operation,
  PutBytes,
  PutText,
} from './schemas/batch.ts';
import { textType } from './sealing/content.ts';
import type { Batch, Change, Content } from './store/change.ts';
import { int64Of } from './store/counter.ts';
import { ttlMsOfSeconds } from './ttl.ts';

const outline = new SchemaCheck(BatchOutline);
const kinds = {
  put: new SchemaCheck(PutText),
  'put bytes': new SchemaCheck(PutBytes),
  delete: new SchemaCheck(Delete),
  add: new SchemaCheck(Add),
  check: new SchemaCheck(Check),
};

type Complaints = readonly FastifySchemaValidationError[];

/** What does not fit in the body of a batch; nothing where it is one. */
export function complaintsAbout(body: unknown): Complaints {
  if (!outline.fits(body)) return outline.complaints(body);
  const complaints: FastifySchemaValidationError[] = [];
  for (const [at, operation] of body.operations.entries()) {
    complaints.push(...complaintsAboutOne(operation, `/operations/${at}`));
    if (complaints.length > limits.fieldsNamedMax) break;
  }
  return complaints;
}

function complaintsAboutOne(operation: unknown, path: string): FastifySchemaValidationError[] {
  const { op, valueBase64 } = Object(operation) as { op?: unknown; valueBase64?: unknown };
  const kind = op === 'put' && valueBase64 !== undefined ? 'put bytes' : op;
  const known = typeof kind === 'string' && Object.hasOwn(kinds, kind);
  if (!known) {
    const message = 'must be put, delete, add or check';
    return [{ keyword: 'enum', instancePath: `${path}/op`, schemaPath: '', params: {}, message }];
  }
  const check = kinds[kind as keyof typeof kinds];
  if (check.fits(operation)) return [];
  return check.complaints(operation).map((error) => ({
    ...error,
    instancePath: path + error.instancePath,
  }));
}

/** Where the operations are to be made. */
export interface BatchPlace {
  readonly database: number;
  readonly incarnation: string;
}

/** The changes that operations ask for. Throws DKV_BODY_INVALID and DKV_BODY_TOO_LARGE. */
export function batchOf(operations: readonly Operation[], place: BatchPlace): Batch {
  const batch = operations.map((operation, at) => changeOf(operation, at, place));
  const sizeBytes = batch.reduce((sum, change) => sum + sizeOf(change), 0);
  if (sizeBytes <= limits.batchBytesMax) return batch;
  const detail = `The keys and values of the batch have ${sizeBytes} bytes together, `;
  throw new ReplyError('DKV_BODY_TOO_LARGE', `${detail}and ${limits.batchBytesMax} are the most.`);
}

const sizeOf = (change: Change): number =>
  Buffer.byteLength(change.key) + (change.op === 'put' ? change.value.byteLength : 0);

function changeOf(operation: Operation, at: number, place: BatchPlace): Change {
  const { op, key, ifMatch, ifNoneMatch } = operation;
  const field = (name: string) => `operations/${at}/${name}`;
  expect(Buffer.byteLength(key) <= limits.keyBytesMax, field('key'), KEY_BOUND);
  const condition = conditionOf({ ifMatch, ifNoneMatch }, place.incarnation);
  const target = { database: place.database, key, condition };
  if (op === 'delete') return { op: 'remove', ...target };
  if (op === 'check') return { op, ...target };
  const ttlMs = ttlMsOfSeconds(operation.ttlSeconds);
  if (op === 'add') {
    return { op, ...target, delta: checkedDelta(operation.delta, field('delta')), ttlMs };
  }
  return { op, ...target, ...contentOf(operation, field), ttlMs };
}

const KEY_BOUND = `must have at most ${limits.keyBytesMax} bytes of UTF-8`;
const VALUE_BOUND = `must have at most ${limits.valueBytesMax} bytes`;

type Written = Pick<Extract<Operation, { op: 'put' }>, 'contentType'> &
  ({ readonly value: string } | { readonly valueBase64: string });

/** A value with its media type, as JSON carries them. Throws DKV_BODY_INVALID. */
export function contentOf(written: Written, field: (name: string) => string): Content {
  const isText = 'value' in written;
  const name = field(isText ? 'value' : 'valueBase64');
  expect(isText || written.valueBase64.length % 4 === 0, name, 'must be base64 with padding');
  const value = isText
    ? Buffer.from(written.value, 'utf8')
    : Buffer.from(written.valueBase64, 'base64');
  const contentType = written.contentType ?? (isText ? textType : BYTES_TYPE);
  expect(isMediaType(contentType), field('contentType'), 'must be a media type');
  expect(value.length <= limits.valueBytesMax, name, VALUE_BOUND);
  return { value, contentType };
}

/** What is to be added to a counter. Throws DKV_BODY_INVALID. */
export function checkedDelta(delta: string | number | undefined, field: string): bigint {
  const number = int64Of(String(delta ?? 1));
  if (number === undefined) throw misfit(field, 'must be a whole number of 64 bits');
  return number;
}

function expect(fits: boolean, field: string, complaint: string): void {
  if (!fits) throw misfit(field, complaint);
}

const misfit = (field: string, complaint: string): ReplyError =>
  new ReplyError('DKV_BODY_INVALID', `The body does not fit: ${field} ${complaint}.`);
