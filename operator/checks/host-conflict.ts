// Which of several DumbKVs gets a host that all of them ask for, and what the others are told.
// Pure; reconcile/exposure.ts asks.
import type { ObjectMeta } from '../../crds/schema.ts';
import type { Problem } from '../api/problem.ts';
import type { HostClaim } from '../builders/host-claims.ts';

/** What decides who gets a host. */
export interface Claimant extends Pick<ObjectMeta, 'namespace' | 'name' | 'creationTimestamp'> {
  /** Since when it has the host, as its status says, if it does. */
  since?: string | undefined;
}

/**
 * Below zero if the first one comes first: who has the host, the longer the better; of those who
 * only ask the older, and of two of one second the first name.
 */
export function byRight(one: Claimant, other: Claimant): number {
  const [first, second] = [one, other].map(
    ({ since = NOT_YET, creationTimestamp, namespace, name }) =>
      `${since} ${creationTimestamp} ${namespace}/${name}`,
  );
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

/** Sorts behind all times. */
const NOT_YET = '~';

/**
 * The first of a DumbKV's claims that another one comes first for. Nothing is told of another
 * namespace but that it is one.
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
      `${shown} belongs to ${who}, which came first. Choose another host; if the other gives it ` +
      'up, this one gets it.';
    return { reason: 'HostConflict', message };
  }
  return undefined;
}

const isSame = (one: Claimant, other: Claimant): boolean =>
  one.namespace === other.namespace && one.name === other.name;
