// The keys of a store as it is opened, the same for all engines: data keys that are damaged are
// told of and cost what was sealed with them; a key file that does not open the others ends the
// start. open.ts and postgres/find-store.ts ask, each with its own words for a damaged store.
import type { BaseLogger } from 'pino';
import { messageOf, StartError } from '../errors.ts';
import type { SealingKey } from '../sealing/key-file.ts';
import { KeyNotInFileError, KeyRing, type WrappedKey } from '../sealing/key-ring.ts';
import { SealBrokenError } from '../sealing/seal.ts';
import { storeIdBytes } from './identity.ts';

export interface RingParts {
  storeId: string;
  /** The keys of the file. */
  keys: readonly SealingKey[];
  /** Those of the store. */
  wrapped: readonly WrappedKey[];
  /** Where the store is, as the log shows it. */
  place: Readonly<Record<string, string>>;
  damaged: (why: string, cause: unknown) => StartError;
}

/** Opens the keys. Throws DKV_SEALING_KEY_WRONG, or what `damaged` makes. */
export function openRing(parts: RingParts, log: BaseLogger): KeyRing {
  const { storeId, keys, wrapped, place, damaged } = parts;
  const ring = new KeyRing(storeIdBytes(storeId), keys);
  try {
    const dataKeyIds = ring.load(wrapped);
    const says = 'data keys are damaged: what was sealed with them cannot be read, all else can';
    if (dataKeyIds.length > 0) log.error({ ...place, dataKeyIds }, says);
    return ring;
  } catch (error) {
    // the file has the key by its fingerprint, and still it does not open what is there
    if (error instanceof SealBrokenError) throw damaged(messageOf(error), error);
    if (!(error instanceof KeyNotInFileError)) throw error;
    throw new StartError(
      'DKV_SEALING_KEY_WRONG',
      `The sealing key file does not open this store: ${messageOf(error)}. ` +
        'Give it the key file it was made with. Nothing was written.',
      error,
    );
  }
}
