// The list of plain keys, without which the hashes of the original lead to no name. Pure.
// Next: `import.ts` looks rows up in it.
import { columnOfKey } from './fernet.ts';

/** How a list is written: a key a line, or NDJSON: `{"database": 0, "key": "…"}` a line. */
export type KeyListFormat = 'lines' | 'ndjson';

/** By the ending of the file, since a key may look like JSON. */
export const formatOfPath = (path: string): KeyListFormat =>
  /\.(ndjson|jsonl)$/i.test(path) ? 'ndjson' : 'lines';

/** A line that names no key. The message names the line, never what stands on it. */
export class KeyListError extends Error {
  override readonly name = 'KeyListError';
}

export class KeyList {
  /** Plain keys by where they are looked for: `database/column`, or `column` for every database. */
  readonly #keys = new Map<string, string>();
  readonly #found = new Set<string>();

  /** Throws KeyListError. */
  constructor(text: string, format: KeyListFormat) {
    for (const [index, raw] of text.split('\n').entries()) {
      const line = raw.replace(/\r$/, '');
      if (line === '') continue;
      const { database, key } = format === 'lines' ? { key: line } : entryOf(line, index + 1);
      if (!key.isWellFormed()) throw new KeyListError(`line ${index + 1} is no well-formed text`);
      this.#keys.set(placeOf(database, columnOfKey(key)), key);
    }
    if (this.#keys.size === 0) throw new KeyListError('it names no key');
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The key that a row is about, or undefined. */
  keyOf(database: number, column: string): string | undefined {
    const place = [placeOf(database, column), placeOf(undefined, column)].find((one) =>
      this.#keys.has(one),
    );
    if (place === undefined) return undefined;
    this.#found.add(place);
    return this.#keys.get(place);
  }

  /** How many keys no row has asked for. */
  get missing(): number {
    return this.#keys.size - this.#found.size;
  }
}

const placeOf = (database: number | undefined, column: string): string =>
  database === undefined ? column : `${database}/${column}`;

function entryOf(line: string, lineNumber: number): { database?: number; key: string } {
  const wrong = (cause?: unknown) =>
    new KeyListError(`line ${lineNumber} is not {"database": 0, "key": "…"}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw wrong(error);
  }
  const { database, key } = (value ?? {}) as { database?: unknown; key?: unknown };
  if (typeof key !== 'string') throw wrong();
  if (database === undefined) return { key };
  if (typeof database !== 'number' || !Number.isSafeInteger(database)) throw wrong();
  return { database, key };
}
