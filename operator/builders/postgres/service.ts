// The address of an instance's Postgres, and the Secret with its password and the URL made of both.
// The server mounts the Secret (store-settings.ts), Postgres' own pod too (stateful-set.ts).
import type { DumbKV } from '../../../crds/schema.ts';
import { SECRET, SERVICE } from '../../api/resources.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { DATABASE_URL_FIELD, objectOf, ownedMetadata, postgresName } from '../metadata.ts';
import { postgresSelector } from './labels.ts';
import { ROLE } from './start-script.ts';

export const POSTGRES_PORT = 5432;
export const POSTGRES_PORT_NAME = 'postgres';
export const PASSWORD_FIELD = 'password';

/** The Service of the Postgres. */
export function postgresService(dumbkv: DumbKV): KubeObject {
  const { name } = dumbkv.metadata;
  return objectOf(SERVICE, ownedMetadata(dumbkv, postgresName(name)), {
    spec: {
      type: 'ClusterIP',
      selector: postgresSelector(name),
      ports: [
        {
          name: POSTGRES_PORT_NAME,
          port: POSTGRES_PORT,
          targetPort: POSTGRES_PORT_NAME,
          protocol: 'TCP',
        },
      ],
    },
  });
}

/** The Secret with a new password, which may hold letters, digits, `-` and `_` alone. */
export function postgresSecret(dumbkv: DumbKV, password: string): KubeObject {
  const { name, namespace } = dumbkv.metadata;
  const host = `${postgresName(name)}.${namespace}.svc`;
  const url = `postgres://${ROLE}:${password}@${host}:${POSTGRES_PORT}/${ROLE}`;
  return objectOf(SECRET, ownedMetadata(dumbkv, postgresName(name)), {
    type: 'Opaque',
    stringData: { [PASSWORD_FIELD]: password, [DATABASE_URL_FIELD]: url },
  });
}
