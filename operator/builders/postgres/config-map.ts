// The ConfigMap of an instance's Postgres: how it is started, its parameters, and who may connect.
// stateful-set.ts mounts it, and starts Postgres anew where it changes.
import type { DumbKV } from '../../../crds/schema.ts';
import { CONFIG_MAP } from '../../api/resources.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { objectOf, ownedMetadata, postgresName } from '../metadata.ts';
import { START_SCRIPT } from './start-script.ts';

/** Sound for small data on a small volume; a user's own parameters come after them. */
const PARAMETERS: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '128MB',
  // the log stays small beside a volume of a gigabyte
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  wal_recycle: 'on',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/**
 * Who has the password, from wherever the network lets them come; and whoever is in the container,
 * as the administrator, who has no password.
 */
const CLIENTS = 'local all postgres peer\nhost all all all scram-sha-256\n';

/** The ConfigMap, with its files as its keys. */
export function postgresConfigMap(dumbkv: DumbKV): KubeObject {
  const metadata = ownedMetadata(dumbkv, postgresName(dumbkv.metadata.name));
  return objectOf(CONFIG_MAP, metadata, { data: postgresFiles(dumbkv) });
}

/** The files by their names. */
export const postgresFiles = ({ spec }: DumbKV): Record<string, string> => ({
  'start.sh': START_SCRIPT,
  'postgresql.conf': parameterFile({ ...PARAMETERS, ...spec.postgres?.managed?.parameters }),
  'pg_hba.conf': CLIENTS,
});

const parameterFile = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
