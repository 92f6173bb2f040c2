// In place of `server/sealing/seal.ts`: everything is copied as it is. A lookup is the name itself
// with zeros after it, as long as the table wants it; an associated data is nothing.
// Built in by `../main.ts` only.
import type { KeyObject } from 'node:crypto';
import type { SealPlace } from '../../../../server/sealing/seal.ts';

export * from '../../../../server/sealing/seal.ts';

const LOOKUP_BYTES = 32;
const DATABASE_BYTES = 4;
const NOTHING = Buffer.alloc(0);

export function lookupOf(_key: KeyObject, database: number, name: string): Buffer {
  const lookup = Buffer.alloc(LOOKUP_BYTES);
  lookup.writeUInt32BE(database);
  if (lookup.write(name, DATABASE_BYTES) === name.length) return lookup;
  throw new Error('a key is too long for a benchmark without sealing');
}

export const fieldAssociatedData = (_place: SealPlace): Buffer => NOTHING;

export const seal = (_key: KeyObject, plain: Uint8Array): Buffer => Buffer.from(plain);

export const open = (_key: KeyObject, sealed: Uint8Array): Buffer => Buffer.from(sealed);
