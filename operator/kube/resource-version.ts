// The order of resource versions: decimal numbers of any length, as Kubernetes promises them.
// Pure; the cache (watch/cache.ts) uses it to tell old news from new.

const DECIMAL = /^(0|[1-9][0-9]*)$/;

/**
 * Negative when `a` is older than `b`, 0 when they are the same, undefined when there is no
 * order.
 */
export function compareResourceVersions(
  a: string | undefined,
  b: string | undefined,
): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
  return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length;
}

/** True when `a` is certainly older than `b`. */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  const order = compareResourceVersions(a, b);
  return order !== undefined && order < 0;
}
