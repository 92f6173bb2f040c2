// The HorizontalPodAutoscaler of an instance that asks for one. It scales the DumbKV itself, whose
// spec.replicas the operator reads and never writes.
import type { DumbKV } from '../../crds/schema.ts';
import { AUTOSCALER, DUMBKV } from '../api/resources.ts';
import { apiVersion, type KubeObject } from '../kube/resource.ts';
import { wantedReplicas } from './deployment.ts';
import { objectOf, ownedMetadata } from './metadata.ts';
import { SERVER_CONTAINER } from './pod-template.ts';

/** Pods that go take caches and connections with them: it must have been quiet for a while. */
const QUIET_SECONDS = 300;
const SCALE_DOWN_PERIOD_SECONDS = 60;

/** The autoscaler, or undefined where none is asked for, or where no pods are: it would fail. */
export function autoscaler(dumbkv: DumbKV): KubeObject | undefined {
  const { autoscaling } = dumbkv.spec;
  if (autoscaling === undefined || wantedReplicas(dumbkv) === 0) return undefined;
  const { name } = dumbkv.metadata;
  const { minReplicas, maxReplicas, targetCPUUtilizationPercentage } = autoscaling;
  return objectOf(AUTOSCALER, ownedMetadata(dumbkv, name), {
    spec: {
      scaleTargetRef: { apiVersion: apiVersion(DUMBKV), kind: DUMBKV.kind, name },
      minReplicas,
      maxReplicas,
      // of the server's container alone: one that somebody adds may have no request
      metrics: [
        {
          type: 'ContainerResource',
          containerResource: {
            name: 'cpu',
            container: SERVER_CONTAINER,
            target: { type: 'Utilization', averageUtilization: targetCPUUtilizationPercentage },
          },
        },
      ],
      behavior: {
        scaleDown: {
          stabilizationWindowSeconds: QUIET_SECONDS,
          selectPolicy: 'Max',
          policies: [{ type: 'Pods', value: 1, periodSeconds: SCALE_DOWN_PERIOD_SECONDS }],
        },
      },
    },
  });
}
