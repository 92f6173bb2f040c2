// Whether an instance that asks to be scaled by its load is: read from what the autoscaler's own
// controller says of it. Pure. compute.ts puts the condition beside the others.
import type { DumbKV } from '../../crds/schema.ts';
import type { ConditionStatement } from '../api/conditions.ts';
import { autoscaler } from '../builders/autoscaler.ts';
import type { KubeObject } from '../kube/resource.ts';

interface AutoscalerStatus {
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

/** The condition `Autoscaling`, there only where it is asked for. */
export function autoscaling(dumbkv: DumbKV, live: KubeObject | undefined): ConditionStatement[] {
  if (dumbkv.spec.autoscaling === undefined) return [];
  const type = 'Autoscaling';
  if (autoscaler(dumbkv) === undefined) {
    const message = 'The instance has no pods, so nothing scales it. Give it replicas to go on.';
    return [{ type, status: 'False', reason: 'ScalingStopped', message }];
  }
  const { conditions = [] } = (live?.status ?? {}) as AutoscalerStatus;
  const active = conditions.find((one) => one.type === 'ScalingActive');
  if (active?.status === 'True') {
    const { minReplicas, maxReplicas } = dumbkv.spec.autoscaling;
    const message = `The load sets the replicas, from ${minReplicas} to ${maxReplicas}.`;
    return [{ type, status: 'True', reason: 'ScalingActive', message }];
  }
  if (active?.status === 'False') {
    const message =
      `The HorizontalPodAutoscaler cannot tell the load: ${active.message ?? active.reason}. ` +
      'Check that metrics-server runs.';
    return [{ type, status: 'False', reason: 'MetricsMissing', message }];
  }
  const message = 'The HorizontalPodAutoscaler has not looked at the load yet.';
  return [{ type, status: 'Unknown', reason: 'ScalingPending', message }];
}
