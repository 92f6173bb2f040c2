// The resources of a container: what the user asked for, over defaults that give way.
// pod-template.ts and postgres/stateful-set.ts ask.
import type { DumbKVSpec } from '../../crds/schema.ts';
import { largerQuantity, smallerQuantity } from '../api/quantity.ts';

interface Defaults {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string };
}

/**
 * A value that the spec gives replaces only its own default, and a default gives way where it would
 * make a request larger than its limit.
 */
export function containerResources(
  asked: DumbKVSpec['resources'],
  defaults: Defaults,
): Record<string, unknown> {
  const { requests = {}, limits = {} } = asked ?? {};
  return {
    requests: {
      cpu: requests.cpu ?? smallerQuantity(defaults.requests.cpu, limits.cpu),
      memory: requests.memory ?? smallerQuantity(defaults.requests.memory, limits.memory),
    },
    limits: {
      ...(limits.cpu === undefined ? {} : { cpu: limits.cpu }),
      memory: limits.memory ?? largerQuantity(defaults.limits.memory, requests.memory),
    },
  };
}
