// Which of several DumbKVs gets a host that all of them ask for, and what the others are told.
// Pure; reconcile/exposure.ts asks.
import type { ObjectMeta } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import type { HostClaim } from '../builders/host-claims.ts';

/** What decides who gets a host. */
export type Claimant = Pick<ObjectMeta, 'namespace' | 'name' | 'creationTimestamp'>;

/** Below zero if the first one comes first: the older, and of two of one second the first name. */
export function byAge(one: Claimant, other: Claimant): number {
  const [first, second] = [one, other].map(
    ({ creationTimestamp, namespace, name }) => `${creationTimestamp} ${namespace}/${name}`,
  );
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

/**
 * The first of a DumbKV's claims that an older one has. Nothing is told of another namespace but
 * that it is one.
 */
export function hostConflict(
  own: Claimant,
  claims: readonly HostClaim[],
  holderOf: (key: string) => Claimant | undefined,
): Problem | undefined {
  for (const { key, shown } of claims) {
    const holder = holderOf(key);
    if (holder === undefined || isSame(holder, own)) continue;
    const isNeighbour = holder.namespace === own.namespace;
    const who = isNeighbour ? `DumbKV "${holder.name}"` : 'a DumbKV of another namespace';
    const message =
      `${shown} belongs to ${who}, which is older. Choose another host; if the other gives it ` +
      'up, this one gets it.';
    return { reason: 'HostConflict', message };
  }
  return undefined;
}

const isSame = (one: Claimant, other: Claimant): boolean =>
  one.namespace === other.namespace && one.name === other.name;
