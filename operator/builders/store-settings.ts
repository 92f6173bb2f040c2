// What a server pod is told of its database, and mounts for it: on sqlite the volume with the file,
// on postgres the Secret with the URL. pod-template.ts puts it into the pod.
import type { DumbKV } from '../../crds/schema.ts';
import { claimName, databaseSecret } from './metadata.ts';

const DATA_DIRECTORY = '/data/dumbkvstore';
const URL_DIRECTORY = '/etc/dumbkv/database';
const URL_FILE = 'url';
/** The most connections of a pod where the spec does not say: the server's own default. */
export const POOL_CONNECTIONS = 25;

export interface StoreSettings {
  environment: Record<string, string>;
  volume: Record<string, unknown>;
  mount: Record<string, unknown>;
}

/** The settings of an instance's engine. */
export function storeSettings(dumbkv: DumbKV): StoreSettings {
  const secret = databaseSecret(dumbkv);
  return secret === undefined ? onVolume(dumbkv) : onPostgres(dumbkv, secret);
}

const onVolume = ({ metadata: { name } }: DumbKV): StoreSettings => ({
  environment: {
    DATABASE_TYPE: 'sqlite',
    DATABASE_LOCATION: `${DATA_DIRECTORY}/dumbkv.db`,
  },
  volume: { name: 'data', persistentVolumeClaim: { claimName: claimName(name) } },
  mount: { name: 'data', mountPath: DATA_DIRECTORY },
});

/** As a file, so that a changed URL reaches the server without a restart. */
function onPostgres({ spec }: DumbKV, { name, key }: { name: string; key: string }): StoreSettings {
  const { maxOpen, maxIdle } = spec.postgres?.pool ?? {};
  return {
    environment: {
      DATABASE_TYPE: 'postgres',
      DATABASE_LOCATION_FILE: `${URL_DIRECTORY}/${URL_FILE}`,
      ...(maxOpen === undefined ? {} : { DATABASE_POOL_MAX: String(maxOpen) }),
      ...(maxIdle === undefined ? {} : { DATABASE_POOL_IDLE: String(maxIdle) }),
    },
    volume: {
      name: 'database',
      secret: { secretName: name, defaultMode: 0o440, items: [{ key, path: URL_FILE }] },
    },
    mount: { name: 'database', mountPath: URL_DIRECTORY, readOnly: true },
  };
}
