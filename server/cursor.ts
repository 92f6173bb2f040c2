// Cursors: where a reading that goes page by page is to go on. Opaque to callers; a garbled one,
// and one of another request, is known for what it is. Pure.
// Next: `routes/list.ts`, `routes/export.ts`.
import { createHash } from 'node:crypto';
import { ReplyError } from './errors.ts';

const VERSION = 1;
const DIGEST_BYTES = 8;
const REVISION_AT = 1 + 2 * DIGEST_BYTES;
const POSITION_AT = REVISION_AT + 8;
const BASE64URL = /^[A-Za-z0-9_-]{1,512}$/;

/** What a cursor belongs to: it is of no use for anything else. */
export interface CursorScope {
  readonly kind: 'list' | 'export';
  readonly incarnation: string;
  readonly database: number;
  readonly prefix: string;
}

export interface CursorPlace {
  /** As the store has it; empty: the beginning. */
  readonly position: Buffer;
  /** The revision of the store when the reading began. */
  readonly revision: number;
}

/**
 * The text of a cursor: version (1 byte), digests of the incarnation and of the request (8 each),
 * revision (8), position, and a digest of all that (8). It is no secret and no right: who forges
 * one begins elsewhere in a database that it may read anyway.
 */
export function cursorText(scope: CursorScope, { position, revision }: CursorPlace): string {
  const head = Buffer.alloc(POSITION_AT);
  head.writeUInt8(VERSION);
  head.set(digestOf(scope.incarnation), 1);
  head.set(requestDigest(scope), 1 + DIGEST_BYTES);
  head.writeBigUInt64BE(BigInt(revision), REVISION_AT);
  const bytes = Buffer.concat([head, position]);
  return Buffer.concat([bytes, digestOf(bytes)]).toString('base64url');
}

/** The place that a cursor tells. Throws DKV_CURSOR_INVALID and DKV_CURSOR_GONE. */
export function cursorPlace(text: string, scope: CursorScope): CursorPlace {
  const whole = BASE64URL.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  const end = whole.length - DIGEST_BYTES;
  const bytes = whole.subarray(0, Math.max(end, 0));
  const isWhole = end >= POSITION_AT && digestOf(bytes).equals(whole.subarray(end));
  if (!isWhole || bytes[0] !== VERSION || whole.toString('base64url') !== text) {
    throw new ReplyError('DKV_CURSOR_INVALID');
  }
  const [store, request] = [bytes.subarray(1, 1 + DIGEST_BYTES), bytes.subarray(9, REVISION_AT)];
  if (!store.equals(digestOf(scope.incarnation))) throw new ReplyError('DKV_CURSOR_GONE');
  if (!request.equals(requestDigest(scope))) {
    const detail = 'The cursor is that of another request: send it with the same path and query.';
    throw new ReplyError('DKV_CURSOR_INVALID', detail);
  }
  const revision = Number(bytes.readBigUInt64BE(REVISION_AT));
  // its digest needs no key, so anybody can make one up
  if (!Number.isSafeInteger(revision)) throw new ReplyError('DKV_CURSOR_INVALID');
  return { position: bytes.subarray(POSITION_AT), revision };
}

const requestDigest = ({ kind, database, prefix }: CursorScope): Buffer =>
  digestOf(`${kind}/${database}/${prefix}`);

const digestOf = (text: string | Uint8Array): Buffer =>
  createHash('sha256').update(text).digest().subarray(0, DIGEST_BYTES);
