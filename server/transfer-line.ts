// The lines of an export, each a JSON object: a head, entries, where to go on, and an end. An
// import reads what an export has written. Pure.
// Next: `export.ts` writes them, `import.ts` reads them.
import { type Static, Type } from 'typebox';
import { describe, parseJson } from './body.ts';
import { ReplyError } from './errors.ts';
import { expiryMember, jsonValue } from './json-value.ts';
import { limits } from './limits.ts';
import { contentOf } from './operations.ts';
import { SchemaCheck } from './schema-check.ts';
import { value, valueBase64 } from './schemas/batch.ts';
import { WELL_FORMED } from './schemas.ts';
import type { Content } from './store/change.ts';
import type { NamedEntry } from './store/store.ts';

/** What the first line of an export says that it is. */
export const FORMAT = 'dumbkv-export-1';

const INSTANT = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z$';

const entry = {
  key: Type.String({ minLength: 1, pattern: WELL_FORMED }),
  contentType: Type.Optional(Type.String()),
  expiresAt: Type.Optional(Type.String({ pattern: INSTANT })),
};

const strict = { additionalProperties: false };
const TextLine = Type.Object({ ...entry, value }, strict);
const BytesLine = Type.Object({ ...entry, valueBase64 }, strict);
const [textLine, bytesLine] = [new SchemaCheck(TextLine), new SchemaCheck(BytesLine)];

type EntryLine = Static<typeof TextLine> | Static<typeof BytesLine>;

/** A line with its end. */
export const lineOf = (object: object): string => `${JSON.stringify(object)}\n`;

/** The line of an entry. */
export const entryLine = ({ key, value: bytes, contentType, expiresAtMs }: NamedEntry): string =>
  lineOf({ key, ...jsonValue(bytes), contentType, ...expiryMember(expiresAtMs) });

/** An entry as a line tells it. */
export interface LineEntry extends Content {
  readonly key: string;
  /** Milliseconds since 1970, or null for never. */
  readonly expiresAtMs: number | null;
}

/** Members of lines that carry no entry. */
const OTHER_LINES = ['cursor', 'end', 'problem'];

/** The entry of a line; undefined where it is another line of an export. Throws ReplyError. */
export function entryOf(line: Buffer): LineEntry | undefined {
  const object = parseJson(line);
  const isObject = typeof object === 'object' && object !== null;
  const members = isObject ? Object.keys(object) : [];
  // an entry with such a member beside is a mistake, and not to be passed over
  if (!members.includes('key')) {
    if (members.includes('format')) return expectFormat(object as { format: unknown });
    if (OTHER_LINES.some((name) => members.includes(name))) return undefined;
  }
  const check = members.includes('valueBase64') ? bytesLine : textLine;
  if (!check.fits(object)) {
    throw new ReplyError('DKV_BODY_INVALID', describe(check.complaints(object), 'The line'));
  }
  return checkedEntry(object as EntryLine);
}

function expectFormat({ format }: { format: unknown }): undefined {
  if (format === FORMAT) return undefined;
  throw misfit(`format must be ${FORMAT}`);
}

function checkedEntry(line: EntryLine): LineEntry {
  const sizeBytes = Buffer.byteLength(line.key);
  if (sizeBytes > limits.keyBytesMax) {
    throw misfit(`key has ${sizeBytes} bytes of UTF-8, and ${limits.keyBytesMax} are the most`);
  }
  const expiresAtMs = line.expiresAt === undefined ? null : instantOf(line.expiresAt);
  if (Number.isNaN(expiresAtMs)) throw misfit('expiresAt is no point in time');
  return { key: line.key, expiresAtMs, ...contentOf(line, (name) => name) };
}

/** Milliseconds since 1970; NaN for a day that its month does not have, which JavaScript shifts. */
function instantOf(text: string): number {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  const hasDay = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  return hasDay ? Date.parse(text) : Number.NaN;
}

/** The error of a line that is JSON, but no entry. */
export const misfit = (complaint: string): ReplyError =>
  new ReplyError('DKV_BODY_INVALID', `The line does not fit: ${complaint}.`);
