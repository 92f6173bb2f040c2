// Worlds in which somebody else has his say: the controllers of Gateways and autoscalers, an older
// DumbKV, and who refuses a growth. examples.ts has a reason shown in each.
import { AUTOSCALER, CLAIM, HTTP_ROUTE } from '../../../../operator/api/resources.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { dumbkv } from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { World } from './world.ts';

/** A spec that asks for a route. */
export const ROUTED = { httpRoute: { parentRefs: [{ name: 'public' }] } };
/** An instance with a route that its Gateway has taken, or refused. */
export async function routed(status: string): Promise<World> {
  const world = await new World(dumbkv({ spec: ROUTED })).settle();
  const conditions = [{ type: 'Accepted', status, reason: 'Said', message: 'so it is' }];
  const parents = [{ parentRef: { name: 'public' }, conditions }];
  world.client.amend(HTTP_ROUTE, 'shop', 'orders', { status: { parents } });
  await world.run();
  return world;
}

/** A spec that asks to be scaled by its load. */
export const SCALED = { engine: 'postgres', autoscaling: { minReplicas: 1, maxReplicas: 3 } };
/** An instance that is scaled by its load, as the autoscaler's own controller says. */
export async function scaled(status: string): Promise<World> {
  const world = await new World(dumbkv({ spec: SCALED })).settle();
  const conditions = [{ type: 'ScalingActive', status }];
  world.client.amend(AUTOSCALER, 'shop', 'orders', { status: { conditions } });
  await world.run();
  return world;
}

/** An older DumbKV that asks for this. */
export const olderWith = (spec: object) => {
  const metadata = { name: 'older', uid: 'uid-older', creationTimestamp: '2020-01-01T00:00:00Z' };
  return dumbkv({ spec, metadata }) as unknown as KubeObject;
};

/** The class of the volume does not allow it to grow. */
export async function grownInVain(): Promise<World> {
  const world = await new World().settle();
  const apply = world.client.apply.bind(world.client);
  world.client.apply = async (type, object, options) => {
    if (type === CLAIM && JSON.stringify(object).includes('"storage":"2Gi"')) {
      throw refusal('PATCH', '/persistentvolumeclaims/orders-data', 403, 'Forbidden');
    }
    return apply(type, object, options);
  };
  world.change({ spec: { storage: { size: '2Gi' } } });
  await world.run();
  return world;
}
