// Makes objects fit for a shared cache: without the part that only other field managers need, and
// frozen all through, so that a reader who changes one fails at once.
import type { KubeObject } from '../kube/resource.ts';

/** The object without `metadata.managedFields`; a copy where there is something to leave out. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  if (!('managedFields' in object.metadata)) return object;
  const metadata = Object.entries(object.metadata).filter(([field]) => field !== 'managedFields');
  return { ...object, metadata: Object.fromEntries(metadata) as unknown as KubeObject['metadata'] };
}

/** Freezes a tree of plain JSON in place and returns it. */
export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFrozen(part);
  return Object.freeze(value);
}
