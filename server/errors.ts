// Every error that leaves the server, by occasion: a stable code, an HTTP status and a sentence for
// people.
// Next: `problem.ts` turns those of requests into replies, `main.ts` those of the start into a last
// log line.
import { limits } from './limits.ts';

interface RequestErrorKind {
  readonly status: number;
  readonly sentence: string;
}

const kind = (status: number, sentence: string): RequestErrorKind => ({ status, sentence });

/** The request cannot be understood or asks for what is not there. */
export const requestErrors = {
  DKV_REQUEST_MALFORMED: kind(400, 'The request is not valid HTTP.'),
  DKV_URL_INVALID: kind(400, 'The URL of the request is not valid.'),
  DKV_HEADER_INVALID: kind(400, 'A header of the request is not valid.'),
  DKV_CURSOR_INVALID: kind(400, 'The cursor is none of this server.'),
  DKV_BODY_NOT_JSON: kind(400, 'The body is not valid JSON in UTF-8.'),
  DKV_PRECONDITION_UNSUPPORTED: kind(
    400,
    'The only precondition known here is If-None-Match: * on PUT.',
  ),
  DKV_ROUTE_NOT_FOUND: kind(404, 'There is nothing at this path; GET /docs lists what there is.'),
  DKV_METHOD_NOT_ALLOWED: kind(
    405,
    'This path does not know this method; Allow names those it does.',
  ),
  DKV_REQUEST_TIMEOUT: kind(408, 'The request did not arrive in time.'),
  DKV_BODY_TOO_LARGE: kind(413, 'The body is too large.'),
  DKV_VALUE_TOO_LARGE: kind(413, 'The value is too large.'),
  DKV_MEDIA_TYPE_UNSUPPORTED: kind(
    415,
    'The Content-Type is not one that this call takes: all but values are application/json.',
  ),
  DKV_EXPECTATION_FAILED: kind(417, 'The only expectation known here is 100-continue.'),
  DKV_HOST_UNKNOWN: kind(
    421,
    'This server is open, so it answers to localhost, to IP addresses and to the hosts of ' +
      'ALLOWED_ORIGINS only.',
  ),
  DKV_PARAMETER_INVALID: kind(422, 'The path or the query does not fit.'),
  DKV_BODY_INVALID: kind(422, 'The body does not fit.'),
  DKV_RATE_LIMITED: kind(429, 'Too many requests came at once: nothing was done; try again later.'),
  DKV_HEADERS_TOO_LARGE: kind(431, 'The headers are too large.'),
} as const;

/** The caller may not. */
export const authErrors = {
  DKV_TOKEN_MISSING: kind(401, 'A token is needed: send Authorization: Bearer <token>.'),
  DKV_TOKEN_INVALID: kind(401, 'The token is not known here, or counts no more.'),
  DKV_TOKEN_READ_ONLY: kind(403, 'The token may only read.'),
  DKV_TOKEN_NO_ACCESS: kind(403, 'The token is good, but gives no access here.'),
} as const;

/** The state of a key is not as the request needs it. */
export const keyErrors = {
  DKV_KEY_NOT_FOUND: kind(404, 'There is no such key in this database.'),
  DKV_VALUE_NOT_TEXT: kind(409, 'The value is no text in UTF-8; read it under /v1.'),
  DKV_COUNTER_INVALID: kind(409, 'The value is no number of 64 bits; nothing was written.'),
  DKV_COUNTER_OVERFLOW: kind(409, 'The sum is no number of 64 bits; nothing was written.'),
  DKV_REVISION_GONE: kind(
    410,
    'Removals after this revision have been forgotten: read everything anew, from revision 0.',
  ),
  DKV_CURSOR_GONE: kind(410, 'The store has been restored: begin anew, without the cursor.'),
  DKV_KEY_EXISTS: kind(412, 'The key exists already; nothing was written.'),
  DKV_PRECONDITION_FAILED: kind(412, 'The entry is not as If-Match or If-None-Match asks for.'),
} as const;

/** The server cannot do what it should; the sentence tells nothing of the inside. */
export const serverErrors = {
  DKV_INTERNAL: kind(500, 'The server failed; its log says why. A write may or may not be kept.'),
  DKV_WRITE_UNCERTAIN: kind(
    500,
    'The disk or the database failed during the write, which may or may not be kept.',
  ),
  DKV_ENTRY_UNREADABLE: kind(500, 'The stored entry is damaged and cannot be opened.'),
  DKV_SERVER_BUSY: kind(503, 'Too much is under way here: nothing was done; try again later.'),
  DKV_ISSUER_UNAVAILABLE: kind(
    503,
    'The issuer of this token cannot be asked now: nothing was done; try again later.',
  ),
  DKV_STORE_UNAVAILABLE: kind(503, 'The store cannot serve this now; try again later.'),
  DKV_RELEASE_TOO_OLD: kind(
    503,
    'A newer release has raised the store, and this server can no longer serve it.',
  ),
  DKV_STORE_FULL: kind(507, 'The disk is full: nothing was written; reading and removing go on.'),
} as const;

/**
 * The start cannot succeed: the last log line carries the code, and the process ends with exit code
 * 1.
 */
export const startErrors = {
  DKV_CONFIG_INVALID: 'Settings are wrong; the message names each one.',
  DKV_TOKENS_FILE_INVALID:
    'TOKENS_FILE cannot be read, holds no token, or has a line that is none.',
  DKV_STORE_OPEN_FAILED: 'The database file, its folder or its lock cannot be opened or written.',
  DKV_DISK_FULL: 'The disk has no room for the start; nothing that was acknowledged is lost.',
  DKV_STORE_FOREIGN:
    'The file at DATABASE_LOCATION is not a store of DumbKV; it was left untouched.',
  DKV_STORE_CORRUPT: 'The database file is damaged.',
  DKV_STORE_MISMATCH: 'The store has another id than STORE_ID; nothing was written.',
  DKV_STORE_MISSING: 'The store was made before, and is not here; no second one was made.',
  DKV_STORE_REPLACED:
    'What was served is no longer there: an older copy, or a failover of Postgres that may have ' +
    'lost commits; start the server again.',
  DKV_STORE_TOO_NEW: 'The store was written by a newer release that this one cannot read.',
  DKV_STORE_NOT_DURABLE: 'SQLite or Postgres did not take a setting that durability needs.',
  DKV_STORE_CHECKPOINT_FAILED: 'The write-ahead log could not be moved into the database file.',
  DKV_SEALING_KEY_MISSING:
    'The sealing key file of an existing store is not there; no new key was made.',
  DKV_SEALING_KEY_INVALID: 'The sealing key file cannot be read or is not in its format.',
  DKV_SEALING_KEY_WRONG:
    'The sealing key file does not hold the key that this store was sealed with.',
  DKV_LISTEN_FAILED: 'HOST and PORT cannot be listened on.',
  DKV_START_FAILED: 'Something unforeseen stopped the start; the log line carries the error.',
} as const;

/** What a request can meet, all occasions together. */
export const replyErrors = { ...requestErrors, ...authErrors, ...keyErrors, ...serverErrors };

export type ReplyErrorCode = keyof typeof replyErrors;
export type StartErrorCode = keyof typeof startErrors;

interface ErrorExtras {
  /** The failure below this one; logged, never sent. */
  readonly cause?: unknown;
  /** Headers that the reply must carry. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem. */
  readonly members?: Readonly<Record<string, unknown>>;
}

const RETRY_LATER = { 'retry-after': String(limits.retryAfterSeconds) };

/** An error that a request ends with: `problem.ts` sends its code, status and message. */
export class ReplyError extends Error {
  readonly code: ReplyErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: ReplyErrorCode, detail?: string, extras: ErrorExtras = {}) {
    super(detail ?? replyErrors[code].sentence, { cause: extras.cause });
    this.name = 'ReplyError';
    this.code = code;
    this.status = replyErrors[code].status;
    // who meets a state that passes may come again
    this.headers = extras.headers ?? (this.status === 503 ? RETRY_LATER : {});
    this.members = extras.members ?? {};
  }
}

/** The refusal for want of room: nothing was done, and the client may come again. */
export const busy = (): ReplyError => new ReplyError('DKV_SERVER_BUSY');

/** An error that the start ends with; its message says what is wrong, where, and what to do. */
export class StartError extends Error {
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StartError';
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
