// What users do with instances, so that the operator makes, changes and removes each kind of child.
// rights.test.ts compares what that took with what the operator may do.
import {
  AUTOSCALER,
  DISRUPTION_BUDGET,
  DUMBKV,
  HTTP_ROUTE,
  INGRESS,
  NETWORK_POLICY,
} from '../../../operator/api/resources.ts';
import { runCluster } from '../../support/cloud-native-pg.ts';
import { ClusterActors } from '../../support/cluster-actors.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, serve } from './operator-suite.ts';

/** All that users do in the life of an instance. */
export async function liveThrough(place: Place): Promise<void> {
  const className = 'not-there';
  await place.dumbkv('orders', {
    ...{ ingress: { host: 'orders.example.com' }, storage: { className } },
    httpRoute: { parentRefs: [{ name: 'public' }] },
  });
  // before anybody binds the claim, so that its class is looked for
  await until('it has a status', async () => (await place.conditions('orders')).Ready);
  await serve(place);
  const networkPolicy = { type: 'Open' };
  const hidden = { deletionPolicy: 'Delete', ingress: null, httpRoute: null, networkPolicy };
  await place.change(DUMBKV, 'orders', { spec: hidden });
  for (const type of [INGRESS, HTTP_ROUTE, NETWORK_POLICY]) {
    await until(`${type.kind} is gone`, async () => !(await place.find(type, 'orders')));
  }
  await place.change(DUMBKV, 'orders', { spec: { deletionPolicy: 'Retain', suspended: true } });
  await place.untilReason('orders', 'Suspended');
  await place.remove(DUMBKV, 'orders');
  const actors = new ClusterActors(place);
  while (await actors.act());
  await bringUp(place, { storage: { className } });
  const autoscaling = { maxReplicas: 3 };
  await bringUp(place, { engine: 'postgres', replicas: 2, autoscaling }, 'accounts');
  await place.change(DUMBKV, 'accounts', { spec: { replicas: 1, autoscaling: null } });
  await place.dumbkv('ledger', { engine: 'postgres', postgres: { type: 'CloudNativePG' } });
  await runCluster(place, 'ledger');
  await serve(place, 'ledger');
  for (const type of [DISRUPTION_BUDGET, AUTOSCALER]) {
    await until(`${type.kind} is gone`, async () => !(await place.find(type, 'accounts')));
  }
}
