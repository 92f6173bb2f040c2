// A cluster that holds to OwnerReferencesPermissionEnforcement, as OpenShift does: who names an
// owner must be allowed to update its finalizers, and who changes the owners of an object must be
// allowed to delete it.
import { describe, expect, it } from 'vitest';
import { CLAIM, DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import { kubectlOutput } from '../../support/control-plane.ts';
import { makePlace } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { useInstallation } from './installed-operator.ts';
import { bringUp, serve } from './operator-suite.ts';

const { controlPlane, startIn } = useInstallation([
  '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
]);
const NAMESPACE = 'dumbkv-system';

describe('where owner references are guarded', () => {
  it('instances are made; a new deletion policy needs the right to delete', async () => {
    await startIn(NAMESPACE);
    const place = await makePlace(controlPlane());
    await bringUp(place, { deletionPolicy: 'Delete' }, 'going');
    await bringUp(place);
    await place.change(DUMBKV, 'orders', { spec: { deletionPolicy: 'Delete' } });
    const { message } = await place.untilReason('orders', 'ChildRejected', 'Stalled');
    expect(message).toContain("cannot set an ownerRef on a resource you can't delete");
    expect((await place.get(DUMBKV, 'orders')).status.deletionPolicy).toBe('Retain');

    const args = ['create', 'clusterrole', 'dumbkv-operator-owners', '--verb=delete'];
    const resources = '--resource=persistentvolumeclaims,secrets';
    await kubectlOutput(controlPlane(), [...args, resources]);
    const account = `--serviceaccount=${NAMESPACE}:dumbkv-operator`;
    const binding = ['create', 'clusterrolebinding', 'dumbkv-operator-owners', account];
    await kubectlOutput(controlPlane(), [...binding, '--clusterrole=dumbkv-operator-owners']);
    await serve(place);
    await until('the data has its owner', async () => {
      const parts = [
        await place.get(CLAIM, 'orders-data'),
        await place.get(SECRET, 'orders-sealing'),
      ];
      return parts.every(({ metadata }) => metadata.ownerReferences?.length === 1);
    });
    expect((await place.get(DUMBKV, 'orders')).status.deletionPolicy).toBe('Delete');
  });
});
