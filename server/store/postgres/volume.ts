// The volume under Postgres, which no ordinary role can look at: a function that the
// administrator of the database may have made tells it, as the operator does for its own Postgres.
// Next: `engine.ts` tells of it.
import type { VolumeRoom } from '../store.ts';
import type { Pool } from './pool.ts';
import { statement } from './statements.ts';

const FUNCTION = 'dumbkv_volume.figures()';

// asked first, since to call what is not there would be an error in the log of the database
const selectIsThere = () =>
  statement<{ isThere: boolean }>(
    'volume-is-there',
    `SELECT coalesce(has_schema_privilege(to_regnamespace('dumbkv_volume'), 'USAGE')
      AND has_function_privilege(to_regprocedure('${FUNCTION}'), 'EXECUTE'), false) AS "isThere"`,
  );

const selectVolume = () =>
  statement<{ [Figure in keyof VolumeRoom]: number | null }>(
    'volume',
    `SELECT size_bytes::float8 AS "sizeBytes", available_bytes::float8 AS "availableBytes"
      FROM ${FUNCTION}`,
  );

/** Undefined where nobody tells. Rejects with ReplyError. */
export async function readVolume(pool: Pick<Pool, 'read'>): Promise<VolumeRoom | undefined> {
  const [answer] = await pool.read(selectIsThere());
  if (answer?.isThere !== true) return undefined;
  const [found] = await pool.read(selectVolume());
  const { sizeBytes, availableBytes } = found ?? {};
  if (typeof sizeBytes !== 'number' || typeof availableBytes !== 'number') return undefined;
  return { sizeBytes, availableBytes };
}
