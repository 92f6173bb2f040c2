// The children that an instance has only where it asks for them: each as it should be, or undefined
// where one that is there has to go. reconcile/bring-about.ts applies or removes them.
import type { DumbKV } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import {
  AUTOSCALER,
  DISRUPTION_BUDGET,
  HTTP_ROUTE,
  INGRESS,
  NETWORK_POLICY,
  POSTGRES_CLUSTER,
} from '../api/resources.ts';
import type { KubeObject, ResourceType } from '../kube/resource.ts';
import { autoscaler } from './autoscaler.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { isOnCloudNativePg } from './engine.ts';
import { httpRoute } from './http-route.ts';
import { ingress } from './ingress.ts';
import { postgresName } from './metadata.ts';
import { type ClusterNamespaces, networkPolicy, postgresNetworkPolicy } from './network-policy.ts';

export interface OptionalChild {
  type: ResourceType;
  name: string;
  object: KubeObject | undefined;
  /** Why it is not there though it is asked for. */
  problem?: Problem | undefined;
}

/** What stands in the way of those that lead in from outside. */
export interface Obstacles {
  /** That the host of the Ingress is another's. */
  ingressConflict: Problem | undefined;
  /** The same for the HTTPRoute. */
  routeConflict: Problem | undefined;
  /** The keys of the hosts that it asks for and that are others'. */
  takenHosts: readonly string[];
  /** Whether the API server knows HTTPRoutes. */
  servesRoutes: boolean;
}

/** Whether an instance asks for a kind that the API server may not know. */
export function asksFor(type: ResourceType, dumbkv: DumbKV): boolean {
  if (type === POSTGRES_CLUSTER) return isOnCloudNativePg(dumbkv);
  return type === HTTP_ROUTE && dumbkv.spec.httpRoute !== undefined;
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
export function optionalChildren(dumbkv: DumbKV, obstacles: Obstacles): OptionalChild[] {
  const { name } = dumbkv.metadata;
  return [
    { type: DISRUPTION_BUDGET, name, object: disruptionBudget(dumbkv) },
    { type: AUTOSCALER, name, object: autoscaler(dumbkv) },
    unlessTaken({ type: INGRESS, name, object: ingress(dumbkv) }, obstacles.ingressConflict),
    ...(obstacles.servesRoutes
      ? [
          unlessTaken(
            { type: HTTP_ROUTE, name, object: httpRoute(dumbkv) },
            obstacles.routeConflict,
          ),
        ]
      : []),
  ];
}

/** Whose host is another's is not there, and tells why. */
const unlessTaken = (child: OptionalChild, problem: Problem | undefined): OptionalChild =>
  problem === undefined ? child : { ...child, object: undefined, problem };
