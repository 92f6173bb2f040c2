// The mark that a store was made before: where it is, an empty place is a wrong place, and a second
// store there would hide the first one.
// Next: `create.ts` and `postgres/find-store.ts` ask before they make a store.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, StartError } from '../errors.ts';

/** The name of the file, in the folder of the sealing keys: it belongs to the store as they do. */
export const MADE_MARK = 'store-made';

/**
 * Throws DKV_STORE_MISSING if the mark is there, whatever it says; an empty one is none.
 * @param sealingKeyFile the file that was asked for; keys made beside the database have no mark
 * @param place where there is no store
 */
export async function expectNeverMade(
  sealingKeyFile: string | undefined,
  place: string,
): Promise<void> {
  if (sealingKeyFile === undefined) return;
  const mark = join(dirname(sealingKeyFile), MADE_MARK);
  if (!(await isMade(mark))) return;
  throw new StartError(
    'DKV_STORE_MISSING',
    `There is no store in ${place}, though ${mark} says that it was made before. Is this the ` +
      'right database or volume? Put the former one back; to begin with an empty store on ' +
      'purpose, remove that mark. Nothing was written.',
  );
}

async function isMade(mark: string): Promise<boolean> {
  try {
    return (await stat(mark)).size > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new StartError(
      'DKV_STORE_OPEN_FAILED',
      `Whether ${mark} is there, which says that the store was made before, cannot be told: ` +
        `${messageOf(error)}. Let this user look into its folder.`,
      error,
    );
  }
}
