// A DumbKV and the identity of its store make the list of the children that it should have.
// The order matters: what a pod mounts comes before the Deployment, so that no pod waits for it.
import type { DumbKV } from '../../crds/schema.ts';
import { CLAIM, DEPLOYMENT, INGRESS, SERVICE, SERVICE_ACCOUNT } from '../api/resources.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { claim } from './claim.ts';
import { deployment } from './deployment.ts';
import { ingress } from './ingress.ts';
import type { StoreIdentity } from './metadata.ts';
import { service, serviceAccount } from './service.ts';

/** One child as it should be, with its type. */
export interface DesiredChild {
  type: ResourceType;
  object: KubeObject;
}

/** Every child of an instance but its Secrets, in the order in which they are applied. */
export function desiredChildren(
  dumbkv: DumbKV,
  store: StoreIdentity,
  image: string,
): DesiredChild[] {
  const exposed = ingress(dumbkv);
  return [
    { type: CLAIM, object: claim(dumbkv, store) },
    { type: SERVICE_ACCOUNT, object: serviceAccount(dumbkv) },
    { type: SERVICE, object: service(dumbkv) },
    ...(exposed === undefined ? [] : [{ type: INGRESS, object: exposed }]),
    { type: DEPLOYMENT, object: deployment(dumbkv, { image, storeId: store.storeId }) },
  ];
}
