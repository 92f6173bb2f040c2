// The children that an instance has only where it asks for them: each as it should be, or undefined
// where one that is there has to go. reconcile/bring-about.ts applies or removes them.
import type { DumbKV } from '../../crds/schema.ts';
import { AUTOSCALER, DISRUPTION_BUDGET, INGRESS, NETWORK_POLICY } from '../api/resources.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { autoscaler } from './autoscaler.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { ingress } from './ingress.ts';
import { postgresName } from './metadata.ts';
import { type ClusterNamespaces, networkPolicy, postgresNetworkPolicy } from './network-policy.ts';

export interface OptionalChild {
  type: ResourceType;
  name: string;
  object: KubeObject | undefined;
}

/** Who may call whom: to be there before the pods. */
export function networkPolicies(dumbkv: DumbKV, namespaces: ClusterNamespaces): OptionalChild[] {
  const { name } = dumbkv.metadata;
  const ofPostgres = postgresName(name);
  return [
    { type: NETWORK_POLICY, name, object: networkPolicy(dumbkv, namespaces) },
    { type: NETWORK_POLICY, name: ofPostgres, object: postgresNetworkPolicy(dumbkv) },
  ];
}

/** The others, in the order in which they are brought about after the pods. */
export function optionalChildren(dumbkv: DumbKV): OptionalChild[] {
  const { name } = dumbkv.metadata;
  return [
    { type: DISRUPTION_BUDGET, name, object: disruptionBudget(dumbkv) },
    { type: AUTOSCALER, name, object: autoscaler(dumbkv) },
    { type: INGRESS, name, object: ingress(dumbkv) },
  ];
}
