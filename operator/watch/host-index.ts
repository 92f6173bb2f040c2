// Who asks for which host, kept up to date by the changes of DumbKVs (watched-objects.ts), so that
// a reconcile finds out without looking at all of them, and whoever waits for a host is looked at
// when it becomes free.
import type { DumbKV } from '../../crds/schema.ts';
import { hostKeys } from '../builders/host-claims.ts';
import { byAge, type Claimant } from '../checks/host-conflict.ts';
import { objectKey } from '../kube/resource.ts';
import type { CacheChange } from './cache.ts';

/** The claimants of each host. */
export class HostIndex {
  /** By host, and by the key of the DumbKV. */
  readonly #claimants = new Map<string, Map<string, Claimant>>();
  readonly #hostsOf = new Map<string, string[]>();

  /** The one who gets a host, or undefined where nobody asks for it. */
  holder(host: string): Claimant | undefined {
    return [...(this.#claimants.get(host)?.values() ?? [])].sort(byAge)[0];
  }

  /**
   * Takes in a change of a DumbKV.
   * @returns the keys of the others to whom it matters
   */
  take({ kind, object }: CacheChange): string[] {
    const dumbkv = object as unknown as DumbKV;
    const key = objectKey(dumbkv.metadata);
    const before = this.#hostsOf.get(key) ?? [];
    const now = kind === 'removed' ? [] : hostKeys(dumbkv);
    const changed = [
      ...before.filter((host) => !now.includes(host)),
      ...now.filter((host) => !before.includes(host)),
    ];
    for (const host of before) this.#leave(host, key);
    for (const host of now) this.#join(host, key, dumbkv.metadata);
    if (now.length > 0) this.#hostsOf.set(key, now);
    else this.#hostsOf.delete(key);
    const others = changed.flatMap((host) => [...(this.#claimants.get(host)?.keys() ?? [])]);
    return [...new Set(others)].filter((other) => other !== key);
  }

  #join(host: string, key: string, { namespace, name, creationTimestamp }: Claimant): void {
    const claimants = this.#claimants.get(host) ?? new Map<string, Claimant>();
    this.#claimants.set(host, claimants.set(key, { namespace, name, creationTimestamp }));
  }

  #leave(host: string, key: string): void {
    const claimants = this.#claimants.get(host);
    claimants?.delete(key);
    if (claimants?.size === 0) this.#claimants.delete(host);
  }
}
