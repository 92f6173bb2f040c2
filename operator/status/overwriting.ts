// The merge patch that takes away all that is not desired; pure. `write.ts` sends it, since the
// status of a DumbKV is the operator's own.

/**
 * A JSON merge patch that makes `live` hold what is desired and nothing else; the API server fills
 * in its defaults again. Lists are replaced whole.
 */
export function overwriting(live: unknown, desired: unknown): unknown {
  if (!isMap(live) || !isMap(desired)) return desired;
  const names = new Set([...Object.keys(live), ...Object.keys(desired)]);
  const fields = [...names].map((name) => {
    const wanted = desired[name];
    return [name, wanted === undefined ? null : overwriting(live[name], wanted)] as const;
  });
  return Object.fromEntries(fields);
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
