// The database of the original DumbKV: one table of hashed keys and Fernet tokens, which is read
// and never written.
// Next: `import.ts` goes through its rows.
import Database from 'better-sqlite3';
import { messageOf } from '../errors.ts';

/** A row as it stands; nothing is known of it yet. */
export interface OriginalRow {
  readonly database: number;
  readonly column: string;
  readonly token: string;
}

/** The file is not there, or is no database of the original. */
export class NotOriginalError extends Error {
  override readonly name = 'NotOriginalError';
}

const COUNT = 'SELECT count(*) FROM kv';
// as text, whatever they were stored as
const ROWS = `
  SELECT CAST(database_id AS INTEGER) AS "database", CAST("key" AS TEXT) AS "column",
    CAST(value AS TEXT) AS token
  FROM kv`;

export class Original {
  readonly #db: Database.Database;
  readonly rowCount: number;

  /** Throws NotOriginalError. */
  constructor(path: string) {
    try {
      this.#db = new Database(path, { readonly: true, fileMustExist: true });
      this.rowCount = Number(this.#db.prepare(COUNT).pluck().get());
      this.#db.prepare(ROWS);
    } catch (error) {
      throw new NotOriginalError(
        `${path} is not a database of the original DumbKV, with a table ` +
          `kv(database_id, key, value): ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  rows(): IterableIterator<OriginalRow> {
    return this.#db.prepare<[], OriginalRow>(ROWS).iterate();
  }

  close(): void {
    this.#db.close();
  }
}
