// What an error of SQLite or of the file system means for a store, and how a start tells it.
// Next: `open.ts` ends the start with it, `sqlite.ts` answers requests with it.
import Database from 'better-sqlite3';
import { messageOf, StartError } from '../errors.ts';
import { limits } from '../limits.ts';
import { freeBytesBeside } from './free-room.ts';

/** The codes of an error and of what caused it. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code } = error as NodeJS.ErrnoException;
  return [...(code === undefined ? [] : [code]), ...codesOf(error.cause)];
}

const meansOneOf =
  (...beginnings: string[]) =>
  (error: unknown): boolean =>
    codesOf(error).some((code) => beginnings.some((beginning) => code.startsWith(beginning)));

/** Nothing was written, for want of room. */
export const isFull = meansOneOf('SQLITE_FULL');
export const lacksRoom = meansOneOf('SQLITE_FULL', 'ENOSPC', 'EDQUOT');
/** The file that SQLite maps into memory could not grow, and it does not say why. */
const couldNotGrow = meansOneOf('SQLITE_IOERR_SHMSIZE');
/** A failure of the disk; SQLite tells a quota that is used up as one, too. */
export const isDiskError = meansOneOf('SQLITE_IOERR');
/** What lies in the file cannot be what SQLite wrote. */
export const isDamage = meansOneOf('SQLITE_CORRUPT', 'SQLITE_NOTADB');
export const isReadOnly = meansOneOf('SQLITE_READONLY', 'EROFS');
export const isBusy = meansOneOf('SQLITE_BUSY');
/** Another process stopped in the middle of a write, which only a writer may undo. */
export const needsRollback = meansOneOf('SQLITE_READONLY_ROLLBACK');

/** Reads what every store of ours holds: where a table is missing, the file is damaged. */
export function orDamaged<T>(location: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const lacksTable = error instanceof Database.SqliteError && error.code === 'SQLITE_ERROR';
    throw lacksTable ? damaged(location, messageOf(error), error) : error;
  }
}

/** Whether a call of the file system failed, such as one for want of rights. */
const isFileError = (error: unknown): error is NodeJS.ErrnoException & { code: string } =>
  error instanceof Error && 'syscall' in error && 'code' in error;

/** What was thrown while a store was opened, as the start ends with it. */
export function startErrorOf(error: unknown, location: string): unknown {
  const hasNoRoom = () => freeBytesBeside(location) < limits.openRoomBytes;
  if (lacksRoom(error) || (couldNotGrow(error) && hasNoRoom())) return diskFull(location, error);
  if (isReadOnly(error)) return mayOnlyBeRead(location, error);
  if (!(error instanceof Database.SqliteError) && !isFileError(error)) return error;
  if (error.code === 'SQLITE_NOTADB') return foreign(location, error);
  if (isDamage(error)) return damaged(location, messageOf(error), error);
  if (isDiskError(error)) return diskFailing(location, error);
  return new StartError(
    'DKV_STORE_OPEN_FAILED',
    `The database ${location} cannot be used: ${messageOf(error)}. ` +
      'May this user read and write it, and write in its folder?',
    error,
  );
}

export const foreign = (location: string, cause?: unknown): StartError =>
  new StartError(
    'DKV_STORE_FOREIGN',
    `The file ${location} is not a store of DumbKV; it was left untouched. ` +
      'Set DATABASE_LOCATION to another path.',
    cause,
  );

export const damaged = (location: string, why: string, cause?: unknown): StartError =>
  new StartError(
    'DKV_STORE_CORRUPT',
    `The database ${location} is damaged: ${why}. Put a whole copy of it in its place, ` +
      'or set DATABASE_LOCATION to another path.',
    cause,
  );

export const mayOnlyBeRead = (location: string, cause: unknown): StartError =>
  new StartError(
    'DKV_STORE_OPEN_FAILED',
    `The database ${location} may only be read (${messageOf(cause)}). Give this user the right ` +
      'to write it, the files beside it and their folder, and mount the volume writable.',
    cause,
  );

const diskFailing = (location: string, cause: Error & { code: string }): StartError =>
  new StartError(
    'DKV_STORE_OPEN_FAILED',
    `The disk under ${location} fails: ${messageOf(cause)} (${cause.code}). ` +
      'Look into the log of the system, or of the storage, for why.',
    cause,
  );

export const diskFull = (location: string, cause?: unknown): StartError =>
  new StartError(
    'DKV_DISK_FULL',
    `The disk under ${location} is full, and a start needs up to ` +
      `${limits.reserveBytes} bytes. Enlarge the volume, or remove what is not the store's; ` +
      'its own files hold all that was acknowledged.',
    cause,
  );
