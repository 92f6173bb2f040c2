// Where the sealing keys come from: SEALING_KEY_FILE, or a file beside the database that is made
// for a new store.
// Next: `key-ring.ts` takes the keys.
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../errors.ts';
import { limits } from '../limits.ts';
import {
  parseSealingKeyFile,
  type SealingKey,
  sealingKeyBytes,
  sealingKeyFileText,
} from './key-file.ts';

export interface KeySource {
  /** The file that was asked for; undefined: the one beside the database. */
  readonly file: string | undefined;
  /** The database file, or `:memory:`, whose keys live and end with the process. */
  readonly location: string;
  /** Whether the store holds nothing yet; only then may a key be made. */
  readonly isNewStore: boolean;
}

/** The file that holds the keys; undefined where they live and end with the process. */
export function sealingKeyPath({ file, location }: Omit<KeySource, 'isNewStore'>) {
  const beside = location === ':memory:' ? undefined : `${location}.sealing-key`;
  return file ?? beside;
}

/** The keys to use, the sealing one first. Throws StartError with a DKV_SEALING_KEY_ code. */
export async function findSealingKeys(source: KeySource, log: BaseLogger): Promise<SealingKey[]> {
  const path = sealingKeyPath(source);
  if (path === undefined) {
    return parseSealingKeyFile(sealingKeyFileText(randomBytes(sealingKeyBytes)));
  }
  const mayMake = source.file === undefined && source.isNewStore;
  if (mayMake && !(await exists(path))) await createKeyFile(path, log);
  return readSealingKeys(path);
}

/** The keys of a file. Throws StartError with a DKV_SEALING_KEY_ code. */
export async function readSealingKeys(path: string): Promise<SealingKey[]> {
  const text = await readBounded(path);
  try {
    return parseSealingKeyFile(text);
  } catch (error) {
    throw new StartError(
      'DKV_SEALING_KEY_INVALID',
      `The sealing key file ${path} is wrong: ${messageOf(error)}.`,
      error,
    );
  }
}

async function readBounded(path: string): Promise<string> {
  try {
    const found = await stat(path);
    // reading a pipe may wait for ever
    if (!found.isFile()) throw new Error('it is not a regular file');
    if (found.size > limits.sealingKeyFileBytesMax) {
      throw new Error(`it is larger than ${limits.sealingKeyFileBytesMax} bytes`);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new StartError(
        'DKV_SEALING_KEY_MISSING',
        `The sealing key file ${path} is not there. Put back the file that this store was ` +
          'made with; without it nothing in the store can be read.',
        error,
      );
    }
    throw new StartError(
      'DKV_SEALING_KEY_INVALID',
      `The sealing key file ${path} cannot be read: ${messageOf(error)}.`,
      error,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Makes a key file that is there whole or not at all, whenever the power goes. */
async function createKeyFile(path: string, log: BaseLogger): Promise<void> {
  const draft = `${path}.new`;
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(sealingKeyFileText(randomBytes(sealingKeyBytes)));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw new StartError(
      'DKV_SEALING_KEY_INVALID',
      `The sealing key file ${path} cannot be made: ${messageOf(error)}.`,
      error,
    );
  }
  log.warn(
    { sealingKeyFile: path },
    'made a sealing key beside the database; who copies both can read everything: ' +
      'keep the key elsewhere and set SEALING_KEY_FILE',
  );
}

/** Puts the names in a folder on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
