// Where the database lies: one path for one file, whatever name leads there, since the lock and the
// journals are found by it.
// Next: `lock.ts` takes the lock beside it.
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, StartError } from '../errors.ts';

/**
 * The path without symbolic links. Throws DKV_STORE_OPEN_FAILED where two paths would lead to one
 * database: each would have a lock and a log of its own.
 */
export async function resolveLocation(location: string): Promise<string> {
  const path = (await resolvePath(location)) ?? (await resolveNewPath(location));
  if (path !== path.trim()) {
    throw refused(path, 'has white space at its end, which SQLite would cut off. Rename it');
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() && found.nlink > 1) {
    throw refused(
      path,
      `has ${found.nlink} names (hard links), and each would have a lock and a log of its own. ` +
        'Remove all names but one',
    );
  }
  return path;
}

/** The path of something that is there; undefined if nothing is. */
async function resolvePath(location: string): Promise<string | undefined> {
  try {
    return await realpath(location);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refused(location, `cannot be reached: ${messageOf(error)}`, error);
  }
}

async function resolveNewPath(location: string): Promise<string> {
  const folder = await realpath(dirname(location)).catch((error: unknown) => {
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `The folder ${dirname(location)} of the database cannot be used: ${messageOf(error)}.`,
      error,
    );
  });
  const path = join(folder, basename(location));
  const isLink = await lstat(path).catch(() => undefined);
  if (isLink === undefined) return path;
  throw refused(
    path,
    'is a symbolic link to a file that is not there. ' +
      'Is its volume mounted? Put the file back, or remove the link',
  );
}

const refused = (path: string, what: string, cause?: unknown) =>
  new StartError('DKV_STORE_OPEN_FAILED', `The database ${path} ${what}.`, cause);
