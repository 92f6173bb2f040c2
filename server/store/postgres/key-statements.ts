// The SQL of the keys that the store holds: read, made, wrapped anew, retired and forgotten.
// Next: `keys.ts` and `rotation-steps.ts` say when.
import type { WrappedKey } from '../../sealing/key-ring.ts';
import type { StoredKey } from '../../sealing/rotation.ts';
import { statement } from './statements.ts';
import { byteaArray, int8Array } from './wire-array.ts';

export const selectKeys = () =>
  statement<StoredKey>(
    'keys',
    `SELECT id, purpose, kek_id AS "kekId", made_under AS "madeUnder", wrapped
     FROM sealing_keys`,
  );

/** Each change of the key that wraps all others makes these bytes others. */
export const selectWrappedLookupKey = () =>
  statement<Pick<StoredKey, 'wrapped'>>(
    'wrapped-lookup-key',
    `SELECT wrapped FROM sealing_keys WHERE purpose = 'lookup'`,
  );

/** Whether a data key may seal; no row: the store has it no longer. */
export interface MaySealRow {
  readonly maySeal: boolean;
}

/**
 * A data key that another key wraps than the one it was made under is retired: it only opens, until
 * a rotation has sealed anew what it sealed. To be asked under the lock.
 */
export const selectMaySeal = (id: number) =>
  statement<MaySealRow>(
    'may-seal',
    'SELECT kek_id = made_under AS "maySeal" FROM sealing_keys WHERE id = $1',
    [id],
  );

/** An id for a new key, which no other replica gets; a server that has crashed may forget that. */
export const nextKeyId = () =>
  statement<{ id: number }>(
    'next-key-id',
    `SELECT nextval(pg_get_serial_sequence('sealing_keys', 'id')) AS id`,
  );

/** Fails where the id is that of another key. */
export const insertKey = ({ id, purpose, kekId, wrapped }: WrappedKey) =>
  statement(
    'insert-key',
    `INSERT INTO sealing_keys (id, purpose, kek_id, wrapped, made_under)
     VALUES ($1, $2, $3, $4, $3)`,
    [id, purpose, kekId, wrapped],
  );

/** Wraps keys anew. */
export const updateKeys = (keys: readonly WrappedKey[]) =>
  statement(
    'update-keys',
    `UPDATE sealing_keys SET kek_id = again.kek_id, wrapped = again.wrapped
     FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS again (id, kek_id, wrapped)
     WHERE sealing_keys.id = again.id`,
    [
      int8Array(keys.map(({ id }) => id)),
      keys.map(({ kekId }) => kekId),
      byteaArray(keys.map(({ wrapped }) => wrapped)),
    ],
  );

/** Of a key that does not open nobody knows under which other it was made. */
export const retireKeys = (ids: readonly number[]) =>
  statement('retire-keys', `UPDATE sealing_keys SET made_under = '' WHERE id = ANY($1::bigint[])`, [
    int8Array(ids),
  ]);

/** Removes data keys for good, none of which may seal. */
export const forgetKeys = (ids: readonly number[]) =>
  statement(
    'forget-keys',
    `DELETE FROM sealing_keys
     WHERE id = ANY($1::bigint[]) AND purpose = 'data' AND kek_id <> made_under`,
    [int8Array(ids)],
  );
