// The hosts that a DumbKV asks for, as words of which two DumbKVs must not have one in common.
// watch/host-index.ts finds who asks for them; checks/host-conflict.ts says who gets them.
import type { DumbKV } from '../../crds/schema.ts';

/** Where a host is asked for, and how it is shown to users. */
export interface HostClaim {
  /** What no other DumbKV may ask for. */
  key: string;
  shown: string;
}

type Exposing = Pick<DumbKV, 'metadata' | 'spec'>;

/** The host of the Ingress. */
export const ingressClaims = ({ spec }: Exposing): HostClaim[] =>
  spec.ingress === undefined
    ? []
    : [{ key: `ingress/${spec.ingress.host}`, shown: `Host "${spec.ingress.host}"` }];

/** Each host at each Gateway; without hosts, all that the Gateway has. */
export function routeClaims({ metadata, spec }: Exposing): HostClaim[] {
  const { parentRefs = [], hostnames = [] } = spec.httpRoute ?? {};
  const hosts = hostnames.length > 0 ? hostnames : [undefined];
  return parentRefs.flatMap(({ name, namespace = metadata.namespace }) =>
    hosts.map((host) => ({
      key: `gateway/${namespace}/${name}/${host ?? ''}`,
      shown: host === undefined ? `Gateway "${name}" without a host` : `Host "${host}"`,
    })),
  );
}

/** All hosts that a DumbKV asks for, each once. */
export const hostKeys = (dumbkv: Exposing): string[] => [
  ...new Set([...ingressClaims(dumbkv), ...routeClaims(dumbkv)].map(({ key }) => key)),
];
