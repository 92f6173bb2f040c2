// A store's calls as most tests want them: one change at a time, values without what is around
// them.
// Next: `server/store/store.ts` for the contract.

import { textType } from '../../../server/sealing/content.ts';
import type { ChangeResult, Condition, Put } from '../../../server/store/change.ts';
import type { Store } from '../../../server/store/store.ts';

type Calls = Pick<Store, 'get' | 'write'>;

interface PutOptions extends Partial<Omit<Put, 'op' | 'database' | 'key' | 'value'>> {
  readonly ifAbsent?: boolean;
}

const ABSENT: Condition = { noneMatch: 'any' };

/** Stores one value. */
export async function put(
  store: Calls,
  database: number,
  key: string,
  value: Uint8Array,
  { ifAbsent = false, contentType = textType, ...options }: PutOptions = {},
): Promise<{ stored: true; revision: number } | { stored: false }> {
  const condition = ifAbsent ? ABSENT : options.condition;
  const { results } = await store.write([
    { op: 'put', database, key, value, contentType, ...options, condition },
  ]);
  return results === undefined ? { stored: false } : { stored: true, revision: only(results) };
}

/** Removes one entry. */
export async function remove(
  store: Calls,
  database: number,
  key: string,
  condition?: Condition,
): Promise<{ removed: true; revision: number } | { removed: false }> {
  const { results } = await store.write([{ op: 'remove', database, key, condition }]);
  const revision = results === undefined ? 0 : only(results);
  return revision === 0 ? { removed: false } : { removed: true, revision };
}

/** The value of an entry, or undefined. */
export async function valueAt(
  store: Calls,
  database: number,
  key: string,
): Promise<Buffer | undefined> {
  return (await store.get(database, key))?.value;
}

const only = (results: readonly ChangeResult[]): number => results[0]?.revision ?? 0;
