// Whether pods of the server are left, which need their database to their end: it ends after them.
// database.ts asks before it lets the operator's own Postgres go, bring-about.ts too.
import type { DumbKV } from '../../crds/schema.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { FoundChildren } from './found-children.ts';
import { childrenOf } from './observe.ts';

/** Whether there may be a pod of the server, on its way in or out, or one that nobody knows yet. */
export function mayHaveServers(dumbkv: DumbKV, cache: FoundChildren): boolean {
  const { deployment, pods } = childrenOf(dumbkv, cache);
  if (pods.some(isLeft)) return true;
  const { replicas = 1 } = (deployment?.spec ?? { replicas: 0 }) as { replicas?: number };
  const status = (deployment?.status ?? {}) as { observedGeneration?: number; replicas?: number };
  const { observedGeneration = 0, replicas: counted = 0 } = status;
  const isObserved = observedGeneration >= (deployment?.metadata.generation ?? 0);
  return !isObserved || replicas > 0 || counted > 0;
}

/** Pods that were evicted or have ended stay for a while, with nothing in them. */
function isLeft({ status }: KubeObject): boolean {
  const { phase } = (status ?? {}) as { phase?: string };
  return phase !== 'Failed' && phase !== 'Succeeded';
}
