// What of a watched object is kept, and which of its changes are worth a reconcile: pure. Memory
// holds what is needed and no more; the operator's own status writes do not wake it.
import type { KubeObject } from '../kube/resource.ts';
import type { CacheChange } from './cache.ts';

/** The parts of a pod that tell why it does not serve; its spec is long and never read. */
const POD_STATUS_FIELDS = [
  ...(['phase', 'conditions', 'containerStatuses', 'initContainerStatuses'] as const),
];
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** An object without what is never read of it. */
export function keptOf(object: KubeObject): KubeObject {
  if (object.kind === 'Pod') return podKept(object);
  // of a child it might be what the user asked for in an annotation of ours
  if (object.kind !== 'DumbKV') return object;
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function podKept({ apiVersion, kind, metadata, status }: KubeObject): KubeObject {
  const known = (status ?? {}) as Record<string, unknown>;
  const fields = POD_STATUS_FIELDS.map((name) => [name, known[name]]);
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata,
    status: Object.fromEntries(fields),
  };
}

/** Whether a change can lead to other actions or another status. */
export function isWorthReconciling({ type, kind, object, previous }: CacheChange): boolean {
  if (type.kind !== 'DumbKV' || kind !== 'changed' || previous === undefined) return true;
  const [now, before] = [object.metadata, previous.metadata];
  return (
    now.generation !== before.generation ||
    now.deletionTimestamp !== before.deletionTimestamp ||
    JSON.stringify([now.labels, now.annotations]) !==
      JSON.stringify([before.labels, before.annotations])
  );
}
