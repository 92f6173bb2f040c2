// The way of the rows of an original database into a server: name found, value opened, entry
// stored. It may be stopped and begun again at any time.
// Next: `original.ts`, `key-list.ts`, `fernet.ts` and `target.ts`, in that order.
import { limits } from '../limits.ts';
import { FernetError, openFernet } from './fernet.ts';
import type { KeyList } from './key-list.ts';
import type { Original, OriginalRow } from './original.ts';
import type { PlainEntry, Stored } from './target.ts';

/** What became of a row. */
export type RowEnd = Stored | 'unnamed' | 'unopened';

export type Ends = Readonly<Record<RowEnd, number>>;

export interface Import {
  readonly original: Original;
  readonly keys: KeyList;
  /** Stores an entry, or only says what would become of it. Rejects to end the import. */
  readonly store: (entry: PlainEntry) => Promise<Stored>;
  /** Told of a row that is left behind, and now and then of the number of rows so far. */
  readonly leftBehind: (row: OriginalRow, end: RowEnd) => void;
  readonly progress: (rows: number) => void;
}

/** Brings all rows over, some at a time, and tells how many ended how. */
export async function importRows(parts: Import): Promise<Ends> {
  const ends = { stored: 0, there: 0, refused: 0, unnamed: 0, unopened: 0 };
  const rows = parts.original.rows();
  let count = 0;
  const worker = async (): Promise<void> => {
    for (let next = rows.next(); next.done !== true; next = rows.next()) {
      const end = await endOf(next.value, parts);
      ends[end] += 1;
      count += 1;
      if (end !== 'stored' && end !== 'there') parts.leftBehind(next.value, end);
      if (count % limits.importRowsUntoldMax === 0) parts.progress(count);
    }
  };
  try {
    await Promise.all(Array.from({ length: limits.importAtOnceMax }, worker));
  } finally {
    rows.return?.();
  }
  return ends;
}

async function endOf(row: OriginalRow, { keys, store }: Import): Promise<RowEnd> {
  const { database, column, token } = row;
  const key = keys.keyOf(database, column);
  if (key === undefined) return 'unnamed';
  const value = textOf(column, token);
  return value === undefined ? 'unopened' : store({ database, key, value });
}

/** The original stored texts, in UTF-8. */
function textOf(column: string, token: string): string | undefined {
  try {
    const bytes = openFernet(column, token);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof FernetError || error instanceof TypeError) return undefined;
    throw error;
  }
}
