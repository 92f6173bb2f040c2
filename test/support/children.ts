// All children of an instance but its Secrets, as the operator would ask for them, in its order.
// Used by tests that must hold for every child.
import type { DumbKV } from '../../crds/schema.ts';
import {
  CLAIM,
  DEPLOYMENT,
  INGRESS,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../operator/api/resources.ts';
import { claim } from '../../operator/builders/claim.ts';
import { deployment } from '../../operator/builders/deployment.ts';
import type { DesiredChild } from '../../operator/builders/desired.ts';
import { ingress } from '../../operator/builders/ingress.ts';
import type { StoreIdentity } from '../../operator/builders/metadata.ts';
import { service, serviceAccount } from '../../operator/builders/service.ts';

/** The children that a DumbKV should have. */
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
    { type: DEPLOYMENT, object: deployment(dumbkv, { image, storeId: store.storeId }) },
    ...(exposed === undefined ? [] : [{ type: INGRESS, object: exposed }]),
  ];
}
