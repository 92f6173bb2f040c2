// Worlds in which CloudNativePG runs the Postgres of an instance, or is not there to do so.
// examples.ts has a reason shown in each.
import { POSTGRES_CLUSTER, SECRET } from '../../../../operator/api/resources.ts';
import { dumbkv } from '../../../support/objects.ts';
import {
  clusterSecret,
  clusterStatus,
  onCloudNativePg,
} from '../../../support/postgres-cluster.ts';
import { onArrival } from './example.ts';
import { World } from './world.ts';

/** The API server does not know its kind. */
export const withoutClusters = onArrival(onCloudNativePg(), ({ unserved }) =>
  unserved.push(POSTGRES_CLUSTER),
);

/** One of its three instances is not ready. */
export async function shortOfReplicas(): Promise<World> {
  const world = new World(dumbkv({ spec: onCloudNativePg() }));
  world.client.put(SECRET, clusterSecret());
  await world.settle();
  world.client.amend(POSTGRES_CLUSTER, 'shop', 'orders-postgres', { status: clusterStatus(2) });
  await world.run();
  return world;
}
