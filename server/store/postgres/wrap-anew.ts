// The keys of the store, wrapped by the first key of the file: all of them at once and under the
// lock of the store, so that every group knows which of them may still seal.
// Next: `rotation-steps.ts` seals anew what is under those that may not.
import type { BaseLogger } from 'pino';
import type { SealingKey } from '../../sealing/key-file.ts';
import { expectKeks, KeyNotInFileError, type KeyRing } from '../../sealing/key-ring.ts';
import { keyPlan, type StoredKey } from '../../sealing/rotation.ts';
import { SealBrokenError } from '../../sealing/seal.ts';
import { retireKeys, selectKeys, updateKeys } from './key-statements.ts';
import type { Transaction } from './own-transaction.ts';

/** The key that wraps this one is the one that the store was rotated to last. */
export function lookupKeyOf(stored: readonly StoredKey[]): StoredKey {
  const found = stored.find(({ purpose }) => purpose === 'lookup');
  if (found === undefined) throw new SealBrokenError('the store holds no lookup key');
  return found;
}

/** The ids of the keys that are to be wrapped anew, or forgotten in the end. */
export function dueIds(stored: readonly StoredKey[], { sealingKekId }: KeyRing): number[] {
  const { toWrap, outdatedIds } = keyPlan(stored, sealingKekId);
  return [...new Set([...toWrap.map(({ id }) => id), ...outdatedIds])];
}

/** Has the keys of a file count, in the ring and in the store. Throws KeyNotInFileError. */
export async function takeKeys(
  transaction: Transaction,
  ring: KeyRing,
  keys: readonly SealingKey[],
  log: BaseLogger,
): Promise<void> {
  await transaction.lock();
  const stored = await transaction.ask(selectKeys());
  expectKeks(stored, keys);
  ring.useKeks(keys);
  const { sealingKekId, kekIds } = ring;
  const wrapped = await wrapAnew(transaction, ring, stored, log);
  const needed = new Set([sealingKekId, ...wrapped.map(({ kekId }) => kekId)]);
  const sealingKeyIds = kekIds.filter((id) => !needed.has(id));
  if (sealingKeyIds.length === 0) return;
  const says = 'the store needs these sealing keys no longer: their lines may be removed';
  log.info({ sealingKeyIds }, `${says}, once every replica has this file`);
}

/**
 * Wraps the keys that are under another one than the first of the file. A data key that was made
 * under another one is retired by that; so is one that does not open. Gives all as they are then.
 */
export async function wrapAnew(
  { ask }: Transaction,
  ring: KeyRing,
  stored: readonly StoredKey[],
  log: BaseLogger,
): Promise<readonly StoredKey[]> {
  const { toWrap } = keyPlan(stored, ring.sealingKekId);
  const rewrapped: StoredKey[] = [];
  const retired: StoredKey[] = [];
  for (const key of toWrap) {
    try {
      rewrapped.push(ring.rewrap(key));
    } catch (error) {
      // another replica's, whose file is behind
      if (error instanceof KeyNotInFileError) continue;
      // without the lookup key nobody would know to which key the store was rotated
      if (!(error instanceof SealBrokenError) || key.purpose === 'lookup') throw error;
      const says = 'a key is damaged, so it stays as it is; the key that wraps it must stay too';
      log.error({ keyId: key.id, sealingKeyId: key.kekId }, says);
      retired.push({ ...key, madeUnder: '' });
    }
  }
  if (retired.length > 0) await ask(retireKeys(retired.map(({ id }) => id)));
  if (rewrapped.length > 0) {
    await ask(updateKeys(rewrapped));
    log.info({ keys: rewrapped.length }, 'the first key of the file wraps the keys of the store');
  }
  const changed = new Map([...rewrapped, ...retired].map((key) => [key.id, key]));
  return stored.map((key) => changed.get(key.id) ?? key);
}
