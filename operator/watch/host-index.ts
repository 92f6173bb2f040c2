// Who asks for which host and who has it, kept up to date by the changes of DumbKVs
// (watched-objects.ts), so that a reconcile finds out without looking at all of them, and whoever
// waits for a host is looked at when it becomes free.
import type { DumbKV } from '../../crds/schema.ts';
import { hostKeys } from '../builders/host-claims.ts';
import { byRight, type Claimant } from '../checks/host-conflict.ts';
import { objectKey } from '../kube/resource.ts';
import type { CacheChange } from './cache.ts';

/** The hosts that a DumbKV asks for, each with the time since when it has it, if it does. */
type Claims = ReadonlyMap<string, string | undefined>;

/** The claimants of each host. */
export class HostIndex {
  /** By host, and by the key of the DumbKV. */
  readonly #claimants = new Map<string, Map<string, Claimant>>();
  readonly #claimsOf = new Map<string, Claims>();

  /** The one who gets a host, or undefined where nobody asks for it. */
  holder(host: string): Claimant | undefined {
    return [...(this.#claimants.get(host)?.values() ?? [])].sort(byRight)[0];
  }

  /**
   * Takes in a change of a DumbKV.
   * @returns the keys of those to whom it matters, besides what the change itself asks
   */
  take({ kind, object }: CacheChange): string[] {
    const dumbkv = object as unknown as DumbKV;
    const key = objectKey(dumbkv.metadata);
    const before = this.#claimsOf.get(key) ?? NONE;
    const now = kind === 'removed' ? NONE : claimsOf(dumbkv);
    const isChanged = (host: string) =>
      before.has(host) !== now.has(host) || before.get(host) !== now.get(host);
    const changed = new Set([...before.keys(), ...now.keys()].filter(isChanged));
    for (const host of before.keys()) this.#leave(host, key);
    for (const [host, since] of now) this.#join(host, key, { ...dumbkv.metadata, since });
    if (now.size > 0) this.#claimsOf.set(key, now);
    else this.#claimsOf.delete(key);
    const concerned = [...changed].flatMap((host) => this.#concernedBy(host, key, now));
    return [...new Set(concerned)];
  }

  /** All others who ask for a host; and itself, if it has taken what was another's already. */
  #concernedBy(host: string, key: string, now: Claims): string[] {
    const keys = [...(this.#claimants.get(host)?.keys() ?? [])];
    const holder = this.holder(host);
    const isMistaken =
      now.get(host) !== undefined && holder !== undefined && objectKey(holder) !== key;
    return keys.filter((other) => other !== key || isMistaken);
  }

  #join(host: string, key: string, { namespace, name, creationTimestamp, since }: Claimant): void {
    const claimants = this.#claimants.get(host) ?? new Map<string, Claimant>();
    this.#claimants.set(host, claimants.set(key, { namespace, name, creationTimestamp, since }));
  }

  #leave(host: string, key: string): void {
    const claimants = this.#claimants.get(host);
    claimants?.delete(key);
    if (claimants?.size === 0) this.#claimants.delete(host);
  }
}

const NONE: Claims = new Map();

const claimsOf = (dumbkv: DumbKV): Claims =>
  new Map(hostKeys(dumbkv).map((host) => [host, dumbkv.status?.hosts?.[host]]));
