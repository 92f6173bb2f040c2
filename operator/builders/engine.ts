// Where the data of an instance is, told from its spec: what differs between the engines, asked by
// builders, the plan for data and the status.
import type { DumbKV } from '../../crds/schema.ts';

/**
 * A file on a volume, a Postgres of the operator's own on one, one that CloudNativePG runs, or
 * somebody else's.
 */
export type DataPlace = 'sqlite' | 'postgres' | 'postgres-cloudnativepg' | 'postgres-external';

/** Where the data of an instance is; the word stands on the parts of the data, too. */
export function dataPlace({ spec }: Pick<DumbKV, 'spec'>): DataPlace {
  if (spec.engine === 'sqlite') return 'sqlite';
  if (spec.postgres?.type === 'CloudNativePG') return 'postgres-cloudnativepg';
  return spec.postgres?.type === 'External' ? 'postgres-external' : 'postgres';
}

/** Whether the data is on a volume of the instance's own. */
export const hasVolume = (dumbkv: Pick<DumbKV, 'spec'>): boolean =>
  dataPlace(dumbkv) === 'sqlite' || runsPostgres(dumbkv);

/** Whether the operator runs the database beside the server. */
export const runsPostgres = (dumbkv: Pick<DumbKV, 'spec'>): boolean =>
  dataPlace(dumbkv) === 'postgres';

/** Whether CloudNativePG runs it. */
export const isOnCloudNativePg = (dumbkv: Pick<DumbKV, 'spec'>): boolean =>
  dataPlace(dumbkv) === 'postgres-cloudnativepg';
