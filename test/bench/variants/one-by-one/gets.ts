// In place of `server/store/postgres/gets.ts`: a query for each read, over all connections of the
// pool, as servers usually do it.
// Built in by `../main.ts` only.
import { limits } from '../../../../server/limits.ts';
import type { Pool } from '../../../../server/store/postgres/pool.ts';
import { NOW, statement, type Target } from '../../../../server/store/postgres/statements.ts';
import type { ValueRow } from '../../../../server/store/statements.ts';

export class Gets {
  readonly #pool: Pick<Pool, 'read'>;

  constructor(pool: Pick<Pool, 'read'>) {
    this.#pool = pool;
  }

  async get(target: Target): Promise<ValueRow | undefined> {
    const [row] = await this.#pool.read(selectEntry(target));
    return row;
  }
}

const selectEntry = ({ database, lookup }: Target) =>
  statement<ValueRow>(
    'entry',
    `SELECT data_key_id AS "dataKeyId", revision, expires_at AS "expiresAtMs", value
     FROM entries WHERE database = $1 AND lookup = $2 AND octet_length(value) <= $3
       AND removed_at IS NULL AND (expires_at IS NULL OR expires_at > ${NOW})`,
    [database, lookup, limits.storedValueBytesMax],
  );
