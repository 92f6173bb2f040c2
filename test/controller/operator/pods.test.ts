// What the pods tell: only an instance's own, every container of them, and the Deployment where
// they tell nothing.
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, POD } from '../../../operator/api/resources.ts';
import { ClusterActors } from '../../support/cluster-actors.ts';
import { bringUp, makeChildren, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();
const CRASH = {
  ...{ name: 'proxy', image: 'mesh.example/proxy:1', imageID: '', ready: false, restartCount: 2 },
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 3, reason: 'Error' } },
};

describe.concurrent('a pod', () => {
  it("of somebody else that carries an instance's labels is not the instance's", async () => {
    const place = await suite.place();
    await bringUp(place);
    const { template } = (await place.get(DEPLOYMENT, 'orders')).spec;
    const metadata = { ...template.metadata, name: 'stranger' };
    await place.make(POD, { metadata, spec: template.spec });
    await place.setStatus(POD, 'stranger', {
      phase: 'Running',
      containerStatuses: [{ ...CRASH, name: 'server' }],
    });
    await suite.settled(place);
    expect((await place.conditions('orders')).Ready?.reason).toBe('Available');
  });

  it('that waits for a container that was put before the server tells its name', async () => {
    const place = await suite.place();
    const actors = new ClusterActors(place);
    await makeChildren(place);
    await actors.startPodsIn('orders', { state: { waiting: { reason: 'PodInitializing' } } });
    await place.untilReason('orders', 'Deploying');
    const [pod] = await place.list(POD);
    await place.setStatus(POD, pod?.metadata.name, { initContainerStatuses: [CRASH] });
    const { message } = await place.untilReason('orders', 'SidecarFailing');
    expect(message).toContain('Container "proxy"');
    expect(message).toContain('kubectl logs -c proxy');
    await place.setStatus(POD, pod?.metadata.name, { initContainerStatuses: null });
    await actors.setReady('orders', true);
    await serve(place);
  });

  it('that is late without saying why is told by the Deployment', async () => {
    const place = await suite.place();
    await makeChildren(place);
    await place.untilReason('orders', 'Deploying');
    const { generation } = (await place.get(DEPLOYMENT, 'orders')).metadata;
    const condition = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    const status = { observedGeneration: generation, conditions: [condition] };
    await place.setStatus(DEPLOYMENT, 'orders', status);
    const { message } = await place.untilReason('orders', 'ProgressDeadlineExceeded');
    expect(message).toContain(`kubectl -n ${place.namespace} describe pod`);
    expect((await place.conditions('orders')).Reconciling?.status).toBe('True');
    await place.setStatus(DEPLOYMENT, 'orders', { conditions: null });
    await serve(place);
  });
});
