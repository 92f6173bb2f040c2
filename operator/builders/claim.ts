// The PersistentVolumeClaim that holds an instance's database. It outlives its DumbKV under
// `deletionPolicy: Retain`, and a DumbKV of the same name finds it again (data-set/plan.ts).
import type { DumbKV } from '../../crds/schema.ts';
import { isLargerQuantity } from '../api/quantity.ts';
import { CLAIM } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { claimName, dataSetMetadata, objectOf, type StoreIdentity } from './metadata.ts';

/**
 * The claim as asked for, beside the one that is there: class and volume are left to the cluster
 * where the spec names none. `mayGrow`: false where the cluster has refused to make it larger.
 */
export function claim(
  dumbkv: DumbKV,
  store: StoreIdentity,
  live?: KubeObject,
  mayGrow = true,
): KubeObject {
  const { size, className, accessMode, volumeName } = dumbkv.spec.storage;
  return objectOf(CLAIM, dataSetMetadata(dumbkv, claimName(dumbkv.metadata.name), store), {
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: requestedSize(size, live, mayGrow) } },
      ...(className === undefined ? {} : { storageClassName: className }),
      ...(volumeName === undefined ? {} : { volumeName }),
    },
  });
}

/**
 * A claim never shrinks, whoever made it larger, cannot grow before it has its volume, and need not
 * grow to what its volume already has: asking for a part of it would only be refused.
 */
function requestedSize(wanted: string, live: KubeObject | undefined, mayGrow: boolean): string {
  const spec = live?.spec as { resources?: { requests?: { storage?: string } } } | undefined;
  const status = live?.status as { phase?: string; capacity?: { storage?: string } } | undefined;
  const present = spec?.resources?.requests?.storage;
  if (present === undefined) return wanted;
  const sizes = [present, status?.capacity?.storage ?? present];
  const isGrowth = sizes.every((size) => isLargerQuantity(wanted, size));
  return mayGrow && status?.phase === 'Bound' && isGrowth ? wanted : present;
}
