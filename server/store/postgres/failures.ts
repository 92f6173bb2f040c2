// What an error of Postgres, or of the way there, means for a request and for a start.
// Next: `pool.ts` and `writer.ts` answer requests with it, `open.ts` ends the start with it.
import pg from 'pg';
import { messageOf, ReplyError, StartError } from '../../errors.ts';

/** The five characters by which Postgres tells an error; undefined for any other error. */
const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

const begins =
  (...beginnings: string[]) =>
  (error: unknown): boolean =>
    beginnings.some((beginning) => sqlStateOf(error)?.startsWith(beginning));

/** Postgres has no room left on its disk. */
export const isFull = begins('53100');
/** What lies in a table or an index cannot be what Postgres wrote. */
export const isDamage = begins('XX001', 'XX002');
/** A table or a column that every store of ours has is not there. */
export const lacksTable = begins('42P01', '42703', '42P07');
/** A function is not there, or not for us. */
export const lacksFunction = begins('0A000', '42501', '42883');
/** Postgres is here, and will not let us in before somebody changes something. */
const isRefusal = begins('28', '3D000', '42501');
/** The connection is over, or of no more use: the server shuts down, or may only be read. */
const isOver = begins('08', '25006', '25P03', '57P');

/** Whether the connection is lost, so that another one may fare better. */
export const isLost = (error: unknown): boolean =>
  !(error instanceof ReplyError) && (sqlStateOf(error) === undefined || isOver(error));

/** No answer came in time; another try would take as long. */
export const isSilence = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout';

/** All connections are at work, and none became free in time. */
export const isExhaustion = (error: unknown): boolean =>
  error instanceof Error && error.message === 'timeout exceeded when trying to connect';

/** Whether Postgres said by itself that a statement was not made. */
export const isStatementError = (error: unknown): boolean =>
  sqlStateOf(error) !== undefined && !isOver(error);

/** The error that a request ends with, where it is certain that nothing was written. */
export function replyErrorOf(error: unknown): ReplyError {
  if (error instanceof ReplyError) return error;
  const code = isDamage(error) ? 'DKV_ENTRY_UNREADABLE' : awayCodeOf(error);
  return new ReplyError(code, undefined, { cause: error });
}

/** Why the store cannot serve: it is away, or it is not for this release any more. */
export const awayCodeOf = (error: unknown): 'DKV_RELEASE_TOO_OLD' | 'DKV_STORE_UNAVAILABLE' =>
  error instanceof TooOldError ? 'DKV_RELEASE_TOO_OLD' : 'DKV_STORE_UNAVAILABLE';

/** The way to Postgres may be there soon: names and addresses come and go with its pods. */
const PASSING_CODES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN'],
];
/** The driver's own errors have no code. */
const PASSING_MESSAGE = /^(timeout expired|Connection terminated|Query read timeout)/;

/** Whether a start may wait for it to pass. */
export function mayPass(error: unknown): boolean {
  if (error instanceof StandbyError || error instanceof UnsettledError) return true;
  if (begins('40P01', '53', '55P03', '57P')(error)) return true;
  if (!(error instanceof Error) || sqlStateOf(error) !== undefined) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  return PASSING_CODES.includes(code) || PASSING_MESSAGE.test(error.message);
}

/** A server that may only be read; another one has taken its place, or will. */
export class StandbyError extends Error {
  override readonly name = 'StandbyError';
}

/** Another server has taken over, and who has known the one before may say that nothing is lost. */
export class UnsettledError extends Error {
  override readonly name = 'UnsettledError';
}

/** A newer release has raised the store beyond what this one knows. */
export class TooOldError extends Error {
  override readonly name = 'TooOldError';

  constructor(oldestReaderVersion: number, knownVersion: number) {
    super(
      `a newer release has raised the store, and asks for schema ${oldestReaderVersion}; ` +
        `this one knows ${knownVersion}: run the newer release`,
    );
  }
}

/** What was thrown while a store was opened, as the start ends with it. */
export function startErrorOf(error: unknown, shown: string): unknown {
  if (error instanceof StartError || !(error instanceof Error)) return error;
  if (lacksTable(error)) return foreign(shown, error);
  if (isDamage(error)) return damaged(shown, messageOf(error), error);
  const advice = isRefusal(error)
    ? 'May this user connect, and make tables in its schema?'
    : 'Is it running, and can it be reached from here?';
  return new StartError(
    'DKV_STORE_OPEN_FAILED',
    `The Postgres database ${shown} cannot be used: ${messageOf(error)}. ${advice}`,
    error,
  );
}

export const foreign = (shown: string, cause?: unknown): StartError =>
  new StartError(
    'DKV_STORE_FOREIGN',
    `The Postgres database ${shown} holds tables of another program; they were left untouched. ` +
      'Give DumbKV a database, or a schema, of its own.',
    cause,
  );

export const damaged = (shown: string, why: string, cause?: unknown): StartError =>
  new StartError(
    'DKV_STORE_CORRUPT',
    `The store in the Postgres database ${shown} is damaged: ${why}. Restore it from a backup.`,
    cause,
  );
