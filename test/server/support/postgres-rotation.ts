// A rotation of sealing keys on Postgres that a test drives step by step, beside the stores that
// others have open; and what the database says of keys and entries.
// Used by tests of the rotation of sealing keys on Postgres.
import { onTestFinished } from 'vitest';
import { parseSealingKeyFile } from '../../../server/sealing/key-file.ts';
import { KeyRing } from '../../../server/sealing/key-ring.ts';
import { Sealer } from '../../../server/sealing/sealer.ts';
import { storeIdBytes } from '../../../server/store/identity.ts';
import { databaseUrlOf } from '../../../server/store/postgres/location.ts';
import type { Transaction } from '../../../server/store/postgres/own-transaction.ts';
import { type Next, RotationSteps } from '../../../server/store/postgres/rotation-steps.ts';
import { PostgresWriter } from '../../../server/store/postgres/writer.ts';
import type { Store } from '../../../server/store/store.ts';
import { silentLog } from './captured-log.ts';
import { asked } from './postgres.ts';
import { expectedThere } from './postgres-store.ts';

export const idOf = (line: string): string => parseSealingKeyFile(line)[0]?.id ?? '';

/** A writer of the store that another replica would have whose key file has this text. */
export async function writerBeside(url: string, store: Store, keyText: string) {
  const expected = await expectedThere(url, store.info());
  const id = storeIdBytes(expected.storeId);
  const sealingKeys = parseSealingKeyFile(keyText);
  const ring = new KeyRing(id, sealingKeys);
  const { rows } = await asked(
    url,
    'SELECT id::int, purpose, kek_id AS "kekId", wrapped FROM sealing_keys',
  );
  ring.load(rows);
  const sealer = new Sealer(id, ring);
  const writer = new PostgresWriter(databaseUrlOf(url), {
    ...{ expected, sealer, log: silentLog },
    leaveReads: () => {},
  });
  onTestFinished(() => writer.close());
  return { writer, sealer, sealingKeys };
}

interface Stepped {
  readonly rotation: RotationSteps;
  /** Makes so many steps. */
  steps(count: number): Promise<void>;
  /** Makes steps to the end, and says how that came. */
  finish(): Promise<Next>;
}

/** A rotation with nobody to drive it; `before` is called before each of its transactions. */
export async function steppedRotation(
  url: string,
  store: Store,
  keyText: string,
  { log = silentLog, before = async () => {} } = {},
): Promise<Stepped> {
  const { writer, sealer, sealingKeys } = await writerBeside(url, store, keyText);
  const transact = async <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> => {
    await before();
    return writer.transact(work);
  };
  const rotation = new RotationSteps({ sealer, writer: { transact }, keys: sealingKeys, log });
  const finish = async () => {
    let next: Next = 'more';
    while (next === 'more') next = await rotation.next();
    return next;
  };
  const steps = async (count: number) => {
    for (let made = 0; made < count; made += 1) await rotation.next();
  };
  return { rotation, steps, finish };
}

/** Under which keys the data keys were made that entries are sealed with. */
export async function madeUnder(url: string): Promise<string[]> {
  const { rows } = await asked(
    url,
    `SELECT DISTINCT coalesce(made_under, 'a key that is gone') AS id
     FROM entries LEFT JOIN sealing_keys k ON k.id = data_key_id`,
  );
  return rows.map(({ id }) => String(id));
}

/** The data keys of the store: their ids, and under which key each was made. */
export async function dataKeys(url: string): Promise<Map<number, string>> {
  const { rows } = await asked(
    url,
    `SELECT id::int, made_under FROM sealing_keys WHERE purpose = 'data' ORDER BY id`,
  );
  return new Map(rows.map((row) => [row.id, row.made_under]));
}
