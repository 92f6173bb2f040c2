// What stands in the way of an instance that asks to be reached from outside: a host that is
// another DumbKV's, or a kind that the API server does not know. bring-about.ts makes what is left,
// and the status says the rest.
import type { DumbKV } from '../../crds/schema.ts';
import { HTTP_ROUTE } from '../api/resources.ts';
import { type HostClaim, ingressClaims, routeClaims } from '../builders/host-claims.ts';
import type { Obstacles } from '../builders/optional-children.ts';
import { type Claimant, hostConflict } from '../checks/host-conflict.ts';
import type { ResourceType } from '../kube/resource.ts';

/** Where that is known. */
export interface ExposureCache {
  /** Who gets a host that may be asked for by several. */
  hostHolder(host: string): Claimant | undefined;
  /** Whether the API server knows a kind, as far as the watch of it in a namespace says. */
  isServed(type: ResourceType, namespace: string): boolean;
}

/** The facts about one DumbKV. */
export function exposureOf(dumbkv: DumbKV, cache: ExposureCache): Obstacles {
  const { metadata } = dumbkv;
  const conflict = (claims: readonly HostClaim[]) =>
    hostConflict(metadata, claims, (host) => cache.hostHolder(host));
  const [ofIngress, ofRoute] = [ingressClaims(dumbkv), routeClaims(dumbkv)];
  const taken = [...ofIngress, ...ofRoute].filter((claim) => conflict([claim]));
  return {
    ingressConflict: conflict(ofIngress),
    routeConflict: conflict(ofRoute),
    takenHosts: taken.map(({ key }) => key),
    servesRoutes: cache.isServed(HTTP_ROUTE, metadata.namespace),
  };
}
