// The PodDisruptionBudget of an instance of several pods: a drain takes them one at a time. With
// one pod there is none, since that would only block every drain.
import type { DumbKV } from '../../crds/schema.ts';
import { DISRUPTION_BUDGET } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { wantedReplicas } from './deployment.ts';
import { objectOf, ownedMetadata, selectorLabels } from './metadata.ts';

/** The budget, or undefined where the instance has fewer than two pods. */
export function disruptionBudget(dumbkv: DumbKV): KubeObject | undefined {
  if (wantedReplicas(dumbkv) < 2) return undefined;
  const { name } = dumbkv.metadata;
  return objectOf(DISRUPTION_BUDGET, ownedMetadata(dumbkv, name), {
    spec: {
      maxUnavailable: 1,
      // a pod that is not ready serves nobody: it must not keep a node from being drained
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorLabels(name) },
    },
  });
}
