// A client of the entries under /v1 for a history: it sends operations with conditions on versions,
// and says what each one came to in the words of `register.ts`.
// Used by `history.ts`.
import { codeOf, type HttpClient, REFUSALS, type Reply } from './http-client.ts';
import type { Action, Expected } from './register.ts';

/** A value and the version (ETag) that it was seen with. */
export interface Seen {
  readonly value: string;
  readonly version: string;
}

export type Wanted =
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly value: string; readonly condition?: Seen | 'none' | undefined }
  | { readonly kind: 'remove'; readonly condition?: Seen | undefined };

export interface Outcome {
  /** As it was, or for one of unknown outcome as it may have been; none where nothing happened. */
  readonly action: Action | undefined;
  readonly isUncertain: boolean;
  readonly seen?: Seen;
  readonly status: number;
}

/** What no fault of a disk or a database may lead to. */
const NEVER_RIGHT: readonly string[] = ['DKV_ENTRY_UNREADABLE', 'DKV_INTERNAL'];

/** Sends an operation on an entry; says what it came to. */
export async function sendWanted(http: HttpClient, key: string, wanted: Wanted): Promise<Outcome> {
  const method = { get: 'GET', put: 'PUT', remove: 'DELETE' }[wanted.kind];
  const path = `/v1/databases/0/keys/${encodeURIComponent(key)}`;
  const body = wanted.kind === 'put' ? { body: wanted.value } : {};
  const reply = await http.send({ method, path, headers: headersOf(wanted), ...body });
  return { ...outcomeOf(wanted, reply), status: reply.status };
}

function headersOf(wanted: Wanted): Record<string, string> {
  if (wanted.kind === 'get' || wanted.condition === undefined) return {};
  const { condition } = wanted;
  return condition === 'none' ? { 'if-none-match': '*' } : { 'if-match': condition.version };
}

function expectedOf(condition: Seen | 'none' | undefined): Expected {
  if (condition === undefined) return undefined;
  return condition === 'none' ? null : condition.value;
}

/** What a reply says of an operation. Throws at one that can never be right. */
export function outcomeOf(wanted: Wanted, reply: Reply): Omit<Outcome, 'status'> {
  const { status, text } = reply;
  const code = codeOf(reply) ?? '';
  if (status === 0 || (status >= 500 && !NEVER_RIGHT.includes(code))) {
    return REFUSALS.includes(code) ? NOTHING : uncertain(wanted);
  }
  if (wanted.kind === 'get' && (status === 200 || status === 404)) {
    const found = status === 200 ? text : null;
    return { action: { kind: 'get', found }, isUncertain: false, ...seenIn(found, reply) };
  }
  if (wanted.kind === 'put' && [201, 204, 412].includes(status)) {
    const outcome = status === 412 ? 'refused' : status === 201 ? 'created' : 'replaced';
    const { kind, value, condition } = wanted;
    const action: Action = { kind, value, expected: expectedOf(condition), outcome };
    const seen = status === 412 ? {} : seenIn(value, reply);
    return { action, isUncertain: false, ...seen };
  }
  if (wanted.kind === 'remove' && [204, 412].includes(status)) {
    const outcome = status === 412 ? 'refused' : 'done';
    const { kind, condition } = wanted;
    return { action: { kind, expected: expectedOf(condition), outcome }, isUncertain: false };
  }
  throw new Error(`${wanted.kind} was answered with ${status}: ${text.slice(0, 200)}`);
}

const NOTHING = { action: undefined, isUncertain: false };

function uncertain(wanted: Wanted): Omit<Outcome, 'status'> {
  if (wanted.kind === 'get') return NOTHING;
  const expected = expectedOf(wanted.condition);
  const action: Action =
    wanted.kind === 'put'
      ? { kind: 'put', value: wanted.value, expected, outcome: 'stored' }
      : { kind: 'remove', expected, outcome: 'done' };
  return { action, isUncertain: true };
}

const seenIn = (value: string | null, { etag }: Reply) =>
  value === null || etag === undefined ? {} : { seen: { value, version: etag } };
