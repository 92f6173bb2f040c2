// The PersistentVolumeClaim that holds an instance's database. It outlives its DumbKV under
// `deletionPolicy: Retain`, and a DumbKV of the same name finds it again (data-set/plan.ts).
import type { DumbKV } from '../../crds/schema.ts';
import { CLAIM } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { claimName, dataSetMetadata, objectOf, type StoreIdentity } from './metadata.ts';

/** The claim as asked for; class and volume are left to the cluster where the spec names none. */
export function claim(dumbkv: DumbKV, store: StoreIdentity): KubeObject {
  const { size, className, accessMode, volumeName } = dumbkv.spec.storage;
  return objectOf(CLAIM, dataSetMetadata(dumbkv, claimName(dumbkv.metadata.name), store), {
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: size } },
      ...(className === undefined ? {} : { storageClassName: className }),
      ...(volumeName === undefined ? {} : { volumeName }),
    },
  });
}
