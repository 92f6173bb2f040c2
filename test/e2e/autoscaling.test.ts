// An instance that grows with its load and says so, with the real metrics-server and the
// autoscaler of Kubernetes.
import { beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV } from '../../operator/api/resources.ts';
import { useAddons } from './support/addon.ts';
import { clusterTool } from './support/cluster.ts';
import { useGround } from './support/ground.ts';
import { eventually, LONG_PATIENCE_MS } from './support/patience.ts';
import { stopwatch } from './support/report.ts';
import { Writers } from './support/writers.ts';

const ground = useGround('autoscaling');
const IMAGE = 'docker.io/library/postgres:15-bookworm';

useAddons('metrics-server');

beforeAll(async () => {
  await clusterTool('postgres', ground().cluster.name);
  await ground().applyDumbkv('orders', {
    engine: 'postgres',
    postgres: { type: 'Managed', managed: { image: IMAGE } },
    // so little that a few clients are more than half of it
    resources: { requests: { cpu: '20m' } },
    autoscaling: { minReplicas: 1, maxReplicas: 2, targetCPUUtilizationPercentage: 60 },
  });
  await ground().untilReady('orders');
});

describe('an instance that is scaled by its load', () => {
  it('gets another pod under load, keeps all writes, and says who scales it', async () => {
    const writers = new Writers(await ground().instance('orders'));
    await ground().untilShows('orders', 'ScalingActive', 'Autoscaling', LONG_PATIENCE_MS);
    const took = stopwatch();
    await eventually(
      'it has two pods that serve',
      async () => {
        const { spec, status } = await ground().get(DUMBKV, 'orders');
        return spec.replicas === 2 && status.readyReplicas === 2;
      },
      LONG_PATIENCE_MS,
    );
    took('from the load that is seen to two pods that serve');
    await writers.untilFurther(50);
    await writers.stop();
    const audit = await writers.audit();
    expect(audit.missing).toEqual([]);
    expect(audit.wrong).toEqual([]);
    expect((await ground().conditions('orders')).Ready?.status).toBe('True');
  });
});
