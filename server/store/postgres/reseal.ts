// One step of a rotation: some entries, sealed anew with the data key that seals now, under the
// lock of the store. Nothing of them changes but sealed bytes and the id of their key.
// Next: `rotation-steps.ts` walks on.
import type { PassRow } from '../../sealing/rotation.ts';
import { SealBrokenError } from '../../sealing/seal.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import type { Transaction } from './own-transaction.ts';
import { type FoundEntry, resealEntries, selectSealed } from './rotation-statements.ts';
import type { Target } from './statements.ts';

/** A row of a walk. */
export type PlacedRow = PassRow<Target> & Target;

/**
 * Seals these anew, the lock of the store held, as they are now; gives those that do not open. Some
 * may have been replaced since the walk has seen them: then this is needless, and does no harm.
 */
export async function resealRows(
  { ask, keyForEntries }: Transaction,
  sealer: Sealer,
  rows: readonly PlacedRow[],
): Promise<PlacedRow[]> {
  const key = await keyForEntries(rows.length);
  const broken = new Set<string>();
  const seen = new Map(rows.map((row) => [nameOf(row), row.dataKeyId]));
  const resealed = (await ask(selectSealed(rows))).flatMap((entry): FoundEntry[] => {
    try {
      return [sealer.reseal(entry, key)];
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      // what was replaced since may be under a key that another replica has made since
      if (entry.dataKeyId === seen.get(nameOf(entry))) broken.add(nameOf(entry));
      return [];
    }
  });
  const written = resealed.length === 0 ? [] : await ask(resealEntries(resealed));
  if (written.length !== resealed.length) throw new Error('entries change without the lock');
  return rows.filter((row) => broken.has(nameOf(row)));
}

const nameOf = ({ database, lookup }: Target): string => `${database}/${lookup.toString('hex')}`;
