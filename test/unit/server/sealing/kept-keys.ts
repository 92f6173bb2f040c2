// A store of keys that is an array, made anew for each test.
// Used by `key-ring.test.ts` and `key-ring-change.test.ts`.
import { beforeEach } from 'vitest';
import { parseSealingKeyFile, sealingKeyFileText } from '../../../../server/sealing/key-file.ts';
import { type KeepKey, KeyRing, type WrappedKey } from '../../../../server/sealing/key-ring.ts';

export const STORE_ID = Buffer.alloc(16, 1);
/** The keys of a file, each of one byte repeated. */
export const keyFile = (...fills: number[]) =>
  parseSealingKeyFile(fills.map((fill) => sealingKeyFileText(Buffer.alloc(32, fill))).join(''));
export const [FIRST] = keyFile(1);
export const [SECOND] = keyFile(2);

/** What the store holds. */
export let rows: WrappedKey[];
export let keep: KeepKey;

beforeEach(() => {
  rows = [];
  keep = (purpose, kekId, wrap) => {
    const id = rows.length + 1;
    rows.push({ id, purpose, kekId, wrapped: wrap(id) });
    return id;
  };
});

/** The ring of a store that has been made just now. */
export function newStore(...fills: number[]): KeyRing {
  const ring = new KeyRing(STORE_ID, keyFile(...fills));
  ring.createLookupKey(keep);
  return ring;
}

/** Another ring, of what the store holds. */
export function loaded(...fills: number[]): KeyRing {
  const ring = new KeyRing(STORE_ID, keyFile(...fills));
  ring.load(rows);
  return ring;
}

/** Changes what the store holds, as a stranger with the file would. */
export function hold(others: WrappedKey[]): void {
  rows = others;
}
