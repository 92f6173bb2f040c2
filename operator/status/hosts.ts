// Which hosts an instance has, and since when: that keeps them its own when others, older ones too,
// ask for them later. Pure; compute.ts puts it into the status, checks/host-conflict.ts judges by
// it.
import type { DumbKV } from '../../crds/schema.ts';
import { ingressClaims, ledKeys, routeClaims } from '../builders/host-claims.ts';
import type { Obstacles } from '../builders/optional-children.ts';
import type { Children } from '../reconcile/observe.ts';

export interface HostsInput {
  dumbkv: DumbKV;
  children: Pick<Children, 'ingress' | 'httpRoute'>;
  obstacles: Obstacles;
  /** RFC 3339 time of this reconcile. */
  now: string;
}

/**
 * The hosts that an instance has, each with the time since when; undefined where it has none. What
 * its Ingress or HTTPRoute has led in by once it has until it asks for it no more, also while
 * somebody has deleted the object or keeps it from being made, or another host that it asks for
 * beside this one is another's.
 */
export function hostsHeld(input: HostsInput): Record<string, string> | undefined {
  const { dumbkv, children, obstacles, now } = input;
  const known = dumbkv.status?.hosts ?? {};
  const led = ledKeys(children.ingress, children.httpRoute);
  const held = [...ingressClaims(dumbkv), ...routeClaims(dumbkv)]
    .map(({ key }) => key)
    .filter((key) => !obstacles.takenHosts.includes(key))
    .filter((key) => led.includes(key) || known[key] !== undefined)
    .sort();
  if (held.length === 0) return undefined;
  return Object.fromEntries(held.map((key) => [key, known[key] ?? now]));
}
