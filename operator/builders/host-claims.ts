// The hosts that a DumbKV asks for, as words of which two DumbKVs must not have one in common, and
// those that its Ingress and HTTPRoute lead in by. watch/host-index.ts finds who asks for them;
// checks/host-conflict.ts says who gets them; status/hosts.ts who has them.
import type { DumbKV } from '../../crds/schema.ts';
import type { KubeObject } from '../kube/resource.ts';

/** Where a host is asked for, and how it is shown to users. */
export interface HostClaim {
  /** What no other DumbKV may ask for. */
  key: string;
  shown: string;
}

type Exposing = Pick<DumbKV, 'metadata' | 'spec'>;

/** The host of the Ingress. */
export const ingressClaims = ({ spec }: Exposing): HostClaim[] =>
  spec.ingress === undefined ? [] : [ingressClaim(spec.ingress.host)];

/** Each host at each Gateway; without hosts, all that the Gateway has. */
export const routeClaims = ({ metadata, spec }: Exposing): HostClaim[] =>
  claimsOfRoute(metadata.namespace, spec.httpRoute);

/** All hosts that a DumbKV asks for, each once. */
export const hostKeys = (dumbkv: Exposing): string[] => [
  ...new Set([...ingressClaims(dumbkv), ...routeClaims(dumbkv)].map(({ key }) => key)),
];

/** The hosts by which a live Ingress and HTTPRoute lead in. */
export function ledKeys(
  ingress: KubeObject | undefined,
  httpRoute: KubeObject | undefined,
): string[] {
  const { rules = [] } = (ingress?.spec ?? {}) as { rules?: { host?: string }[] };
  const claims = [
    ...rules.flatMap(({ host }) => (host === undefined ? [] : ingressClaim(host))),
    ...claimsOfRoute(httpRoute?.metadata.namespace ?? '', httpRoute?.spec as Route | undefined),
  ];
  return claims.map(({ key }) => key);
}

interface Route {
  parentRefs?: { name: string; namespace?: string }[];
  hostnames?: string[];
}

const ingressClaim = (host: string): HostClaim => ({
  key: `ingress/${host}`,
  shown: `Host "${host}"`,
});

function claimsOfRoute(own: string, { parentRefs = [], hostnames = [] }: Route = {}): HostClaim[] {
  const hosts = hostnames.length > 0 ? hostnames : [undefined];
  return parentRefs.flatMap(({ name, namespace = own }) =>
    hosts.map((host) => ({
      key: `gateway/${namespace}/${name}/${host ?? ''}`,
      shown: host === undefined ? `Gateway "${name}" without a host` : `Host "${host}"`,
    })),
  );
}
