// The SQL of a rotation of keys: the entries in the order of their index, and those to seal anew.
// Next: `rotation-steps.ts` runs it.
import type { PassRow } from '../../sealing/rotation.ts';
import type { SealedEntry } from '../../sealing/sealer.ts';
import { advisoryLockClass, STORED_BYTES, statement, type Target, targets } from './statements.ts';
import { byteaArray, int8Array } from './wire-array.ts';

const LOCK = `$1, hashtext(current_schema() || '/rotation')`;

/** One replica at a time rotates; the lock is the session's until it is given back or ends. */
export const tryRotationLock = () =>
  statement<{ isOurs: boolean }>(
    'rotation-lock',
    `SELECT pg_try_advisory_lock(${LOCK}) AS "isOurs"`,
    [advisoryLockClass],
  );

export const giveRotationLockBack = () =>
  statement('rotation-unlock', `SELECT pg_advisory_unlock(${LOCK})`, [advisoryLockClass]);

/** A row as a walk over all of them sees it; where it stands does not change. */
export type WalkRow = Omit<PassRow<Target>, 'place'> & Target;

const WALK = `SELECT database, lookup, data_key_id AS "dataKeyId", ${STORED_BYTES} FROM entries`;

/** The rows that come next, without what is sealed in them. */
export const selectRowsAfter = (after: Target | undefined, limit: number) =>
  after === undefined
    ? statement<WalkRow>('first-rows', `${WALK} ORDER BY database, lookup LIMIT $1`, [limit])
    : statement<WalkRow>(
        'rows-after',
        `${WALK} WHERE (database, lookup) > ($1::int, $2::bytea)
         ORDER BY database, lookup LIMIT $3`,
        [after.database, after.lookup, limit],
      );

/** An entry as it is to be sealed anew. */
export interface FoundEntry extends SealedEntry {
  readonly lookup: Buffer;
  readonly revision: number;
}

export const selectSealed = (all: readonly Target[]) =>
  statement<FoundEntry>(
    'sealed',
    `SELECT database, lookup, data_key_id AS "dataKeyId", revision, expires_at AS "expiresAtMs",
       name, value
     FROM unnest($1::int[], $2::bytea[]) AS wanted (database, lookup)
     JOIN entries USING (database, lookup)`,
    targets(all),
  );

/** Gives a row for each that is still as it was; the revision stays, since nothing has changed. */
export const resealEntries = (entries: readonly FoundEntry[]) =>
  statement(
    'reseal',
    `UPDATE entries SET data_key_id = again.data_key_id, name = again.name, value = again.value
     FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])
       AS again (database, lookup, revision, data_key_id, name, value)
     WHERE entries.database = again.database AND entries.lookup = again.lookup
       AND entries.revision = again.revision
     RETURNING entries.revision`,
    [
      ...targets(entries),
      int8Array(entries.map(({ revision }) => revision)),
      int8Array(entries.map(({ dataKeyId }) => dataKeyId)),
      byteaArray(entries.map(({ name }) => name)),
      byteaArray(entries.map(({ value }) => value)),
    ],
  );
