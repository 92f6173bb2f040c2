// The stable address of an instance, and the account that its pods run as (with no rights and no
// token).
import type { DumbKV } from '../../crds/schema.ts';
import { SERVICE, SERVICE_ACCOUNT } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { objectOf, ownedMetadata, selectorLabels } from './metadata.ts';

export const SERVER_PORT = 8000;
export const SERVER_PORT_NAME = 'http';
export const SERVER_SERVICE_PORT = 80;

/** A Service on port 80, and on 8000 for clients of the original, both to the server's port. */
export function service(dumbkv: DumbKV): KubeObject {
  const port = (name: string, number: number) => ({
    name,
    port: number,
    targetPort: SERVER_PORT_NAME,
    protocol: 'TCP',
  });
  return objectOf(SERVICE, ownedMetadata(dumbkv, dumbkv.metadata.name), {
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(dumbkv.metadata.name),
      ports: [port(SERVER_PORT_NAME, SERVER_SERVICE_PORT), port('http-alt', SERVER_PORT)],
    },
  });
}

/** The ServiceAccount of an instance's pods. */
export function serviceAccount(dumbkv: DumbKV): KubeObject {
  return objectOf(SERVICE_ACCOUNT, ownedMetadata(dumbkv, dumbkv.metadata.name), {
    automountServiceAccountToken: false,
  });
}

/** The address of an instance inside the cluster. */
export function serviceUrl(namespace: string, name: string): string {
  return `http://${name}.${namespace}.svc`;
}
