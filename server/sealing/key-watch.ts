// The sealing key file while the server runs: read again and again, and handed on when its keys are
// others than before.
// Next: `../store/key-change.ts` asks the store whether it can do with them.
import type { BaseLogger } from 'pino';
import { messageOf, ReplyError } from '../errors.ts';
import { limits } from '../limits.ts';
import { poll } from '../poll.ts';
import type { SealingKey } from './key-file.ts';
import { readSealingKeys } from './key-source.ts';

export interface WatchedKeyFile {
  readonly path: string;
  /** What it held when it was last read. */
  readonly keys: readonly SealingKey[];
  /** Has new keys count; rejects where they cannot, and then the old ones do. */
  readonly take: (keys: readonly SealingKey[]) => Promise<void>;
}

/** Watches the file until the function that this gives is called. */
export function watchSealingKeys(
  { path, keys, take }: WatchedKeyFile,
  log: BaseLogger,
  pollMs: number = limits.sealingKeysPollMs,
): () => void {
  let ids: string | undefined = idsOf(keys);
  let complaint = '';
  return poll(async () => {
    try {
      const found = await readSealingKeys(path);
      if (idsOf(found) !== ids) {
        // a failure may come too late: even those of before are then to be taken again
        ids = undefined;
        await take(found);
        ids = idsOf(found);
        const says = 'the sealing key file has changed: read again';
        log.info({ sealingKeyIds: found.map(({ id }) => id) }, says);
      }
      complaint = '';
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === complaint) return;
      complaint = reason;
      log.error({ reason }, 'the sealing key file cannot be used; the old keys stay');
    }
  }, pollMs);
}

/** What tells one file from another: the order counts, since the first key seals. */
const idsOf = (keys: readonly SealingKey[]): string => keys.map(({ id }) => id).join();

/** An error of the store says only that it cannot; what is below says why. */
const reasonOf = (error: unknown): string =>
  error instanceof ReplyError ? messageOf(error.cause) : messageOf(error);
