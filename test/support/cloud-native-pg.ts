// CloudNativePG for a control plane that has no operator of it: its own definition of Clusters, out
// of its Go module, and what its operator would do about one.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { POSTGRES_CLUSTER, SECRET } from '../../operator/api/resources.ts';
import { type ControlPlane, kubectlOutput } from './control-plane.ts';
import type { ApiObject } from './control-plane-client.ts';
import type { Place } from './place.ts';
import { clusterSecret, clusterStatus } from './postgres-cluster.ts';
import { until } from './until.ts';

const CLUSTER_TOOL = new URL('../kind/cluster', import.meta.url).pathname;
const DEFINITION = 'config/crd/bases/postgresql.cnpg.io_clusters.yaml';
const NAME = 'crd/clusters.postgresql.cnpg.io';
const execute = promisify(execFile);

/** Has a control plane know the Clusters of CloudNativePG. */
export async function installClusters(controlPlane: ControlPlane): Promise<void> {
  const { stdout } = await execute(CLUSTER_TOOL, ['cnpg-module']);
  const file = join(stdout.trim(), DEFINITION);
  await kubectlOutput(controlPlane, ['create', '-f', file]);
  // right after it was made it has no conditions yet, of which kubectl makes an error
  const wait = () => kubectlOutput(controlPlane, ['wait', NAME, '--for=condition=Established']);
  await until('Clusters are served', wait);
}

/** Has it know them no more. */
export async function removeClusters(controlPlane: ControlPlane): Promise<void> {
  await kubectlOutput(controlPlane, ['delete', NAME, '--wait']);
}

/** Waits for the Cluster of an instance, gives it the Secret of its owner, and says this of it. */
export async function runCluster(
  place: Place,
  instance = 'orders',
  status: object = clusterStatus(),
): Promise<ApiObject> {
  const name = `${instance}-postgres`;
  const cluster = await until('there is a Cluster', () => place.find(POSTGRES_CLUSTER, name));
  if ((await place.find(SECRET, `${name}-app`)) === undefined) {
    const { apiVersion, kind, metadata } = cluster;
    const owner = { apiVersion, kind, name, uid: metadata.uid, controller: true };
    const { data } = clusterSecret();
    const marks = { name: `${name}-app`, ownerReferences: [owner] };
    await place.make(SECRET, { metadata: marks, data });
  }
  await place.setStatus(POSTGRES_CLUSTER, name, status);
  return cluster;
}
