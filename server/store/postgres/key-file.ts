// The sealing key file while the store is served: when it changes, its first key seals what is made
// from then on, and wraps the keys that the store holds.
// Next: `keys.ts` for the keys of other replicas.
import type { BaseLogger } from 'pino';
import type { SealingKey } from '../../sealing/key-file.ts';
import { expectKeks, type KeyRing, type WrappedKey } from '../../sealing/key-ring.ts';
import { watchSealingKeys } from '../../sealing/key-watch.ts';
import { SealBrokenError } from '../../sealing/seal.ts';
import { lockStore, selectKeys, updateKeys } from './statements.ts';
import type { Ask, PostgresWriter } from './writer.ts';

export interface KeyFileParts {
  readonly path: string;
  /** What was read of it at the start. */
  readonly keys: readonly SealingKey[];
  readonly ring: KeyRing;
  readonly writer: Pick<PostgresWriter, 'transact'>;
  readonly log: BaseLogger;
}

/** Watches the file until the function that this gives is called. */
export function followKeyFile({ path, keys, ring, writer, log }: KeyFileParts): () => void {
  const take = (found: readonly SealingKey[]) =>
    writer.transact(async (ask) => {
      await ask(lockStore());
      const stored = await ask(selectKeys());
      expectKeks(stored, found);
      ring.useKeks(found);
      await wrapAnew(stored, ring, ask, log);
    });
  // what was wrapped before this start may be under an older key
  take(keys).catch((error: unknown) => {
    log.warn({ reason: String(error) }, 'the keys of the store are not wrapped anew');
  });
  return watchSealingKeys({ path, keys, take }, log);
}

/** Wraps the keys that are under another key than the first of the file, where they open. */
async function wrapAnew(
  stored: readonly WrappedKey[],
  ring: KeyRing,
  ask: Ask,
  log: BaseLogger,
): Promise<void> {
  const others = stored.filter(({ kekId }) => kekId !== ring.sealingKekId);
  const rewrapped = others.flatMap((key) => {
    try {
      return [ring.rewrap(key)];
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      const says = 'a key is damaged, so it stays as it is; the key that wraps it must stay too';
      log.error({ keyId: key.id, sealingKeyId: key.kekId }, says);
      return [];
    }
  });
  if (rewrapped.length === 0) return;
  await ask(updateKeys(rewrapped));
  log.info({ keys: rewrapped.length }, 'the first key of the file wraps the keys of the store');
}
