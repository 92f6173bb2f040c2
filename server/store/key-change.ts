// A sealing key file that changes while the store is open: both sides get the new keys, the one
// that reads first, so that it can open whatever the one that writes then makes.
// Next: `tended-writer.ts` says whether the store can do with them.
import type { BaseLogger } from 'pino';
import type { SealingKey } from '../sealing/key-file.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { watchSealingKeys } from '../sealing/key-watch.ts';
import type { SqliteWriter } from './writer-link.ts';

export interface KeyFile {
  /** Undefined: the keys live and end with the process. */
  readonly path: string | undefined;
  /** What was read of it at the start. */
  readonly keys: readonly SealingKey[];
  /** The keys of the side that reads. */
  readonly ring: KeyRing;
}

/** The writer, with the file watched until it is closed. */
export function followKeyFile(
  writer: SqliteWriter,
  { path, keys, ring }: KeyFile,
  log: BaseLogger,
): SqliteWriter {
  if (path === undefined) return writer;
  let known = keys;
  const take = async (found: readonly SealingKey[]) => {
    ring.useKeks([...known, ...found]);
    try {
      await writer.useKeys(found);
      known = found;
    } finally {
      ring.useKeks(known);
    }
  };
  const endWatch = watchSealingKeys({ path, keys, take }, log);
  const close = () => {
    endWatch();
    return writer.close();
  };
  return { ...writer, close };
}
