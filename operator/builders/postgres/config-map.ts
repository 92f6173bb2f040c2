// The ConfigMap of an instance's Postgres: how it is started, its parameters, and who may connect.
// stateful-set.ts mounts it, and starts Postgres anew where it changes.
import type { DumbKV } from '../../../crds/schema.ts';
import { quantityThousandths } from '../../api/quantity.ts';
import { CONFIG_MAP } from '../../api/resources.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { objectOf, ownedMetadata, postgresName } from '../metadata.ts';
import { START_SCRIPT } from './start-script.ts';

const PARAMETERS_FILE = 'postgresql.conf';

/** The same whoever runs the Postgres: servers count on the connections. */
export const SHARED_PARAMETERS: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '128MB',
};

/** Sound for small data on a small volume; a user's own parameters come after them. */
const PARAMETERS: Readonly<Record<string, string>> = {
  ...SHARED_PARAMETERS,
  wal_recycle: 'on',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/** Megabytes of log between two checkpoints: a quarter of the volume, within these. */
const LOG_MINIMUM = 64;
const LOG_MAXIMUM = 1024;
/** Those that Postgres keeps for its administrator. */
const RESERVED_CONNECTIONS = 3;

/**
 * Who has the password, from wherever the network lets them come; and whoever is in the container,
 * as the administrator, who has no password.
 */
const CLIENTS = 'local all postgres peer\nhost all all all scram-sha-256\n';

/** The files of a Postgres by their names. */
export type PostgresFiles = Record<string, string>;

/** The ConfigMap with these files, as its keys. */
export function postgresConfigMap(dumbkv: DumbKV, files = filesOfStart(dumbkv)): KubeObject {
  const metadata = ownedMetadata(dumbkv, postgresName(dumbkv.metadata.name));
  return objectOf(CONFIG_MAP, metadata, { data: postgresFiles(dumbkv, files) });
}

/**
 * The files with what follows the size of the volume, which waits for the next start: a volume that
 * grows must not end connections.
 */
export const postgresFiles = (dumbkv: DumbKV, files = filesOfStart(dumbkv)): PostgresFiles => ({
  ...files,
  [PARAMETERS_FILE]: `${parameterFile(logBounds(dumbkv))}${files[PARAMETERS_FILE]}`,
});

/** What Postgres is started anew for. */
export const filesOfStart = ({ spec }: DumbKV): PostgresFiles => ({
  'start.sh': START_SCRIPT,
  [PARAMETERS_FILE]: parameterFile({ ...PARAMETERS, ...spec.postgres?.managed?.parameters }),
  'pg_hba.conf': CLIENTS,
});

/**
 * The log keeps what it has once taken: a volume that gets full is then met by a table, which
 * refuses one write, and not by the log, without which Postgres ends.
 */
function logBounds({ spec }: DumbKV): Record<string, string> {
  const asked = spec.postgres?.managed?.parameters ?? {};
  const size = asked.max_wal_size ?? `${logMegabytes(spec.storage.size)}MB`;
  const bounds = Object.entries({ max_wal_size: size, min_wal_size: size });
  return Object.fromEntries(bounds.filter(([name]) => asked[name] === undefined));
}

/** How much of a volume the log takes. */
export function logMegabytes(volumeSize: string): number {
  const megabytes = Number((quantityThousandths(volumeSize) ?? 0n) / 1000n / 2n ** 20n);
  return Math.min(Math.max(Math.floor(megabytes / 4), LOG_MINIMUM), LOG_MAXIMUM);
}

/** How many connections the Postgres has for servers, or undefined where that is not a number. */
export function serverConnections({ spec }: DumbKV): number | undefined {
  const { managed, cloudNativePG } = spec.postgres ?? {};
  const given = { ...managed?.parameters, ...cloudNativePG?.parameters };
  const asked = { ...SHARED_PARAMETERS, ...given }.max_connections;
  return /^\d+$/.test(asked ?? '') ? Number(asked) - RESERVED_CONNECTIONS : undefined;
}

const parameterFile = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
