// How tests change an object by a few fields, and how the in-memory API server merges what it is
// sent. objects.ts and recording-client.ts are built on it.

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A copy with some fields changed: maps are merged, lists and plain values replaced, and a field
 * that is altered to undefined or null is taken away.
 */
export function altered<T>(base: T, alteration: object): T {
  const result: Fields = { ...(base as Fields) };
  for (const [name, value] of Object.entries(alteration)) {
    if (value === undefined || value === null) delete result[name];
    else if (isFields(value))
      result[name] = altered(isFields(result[name]) ? result[name] : {}, value);
    else result[name] = value;
  }
  return result as T;
}

/** Two alterations as one; what either takes away is taken away. */
export function combined(first: object, second: object): object {
  const result: Fields = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const before = result[name];
    result[name] = isFields(before) && isFields(value) ? combined(before, value) : value;
  }
  return result;
}

/**
 * What tells the elements of a list apart, as the API server's schemas say for the lists in use
 * here.
 */
const ELEMENT_KEYS = ['type', 'uid', 'name', 'mountPath'] as const;

/**
 * A live value after an apply: fields and elements that this manager applied before and no longer
 * names go, those that it names are set, and those of others stay.
 */
export function applied(live: unknown, before: unknown, desired: unknown): unknown {
  if (isFields(desired)) return appliedFields(live, before, desired);
  const key = Array.isArray(desired) ? elementKey([...desired, ...elementsOf(before)]) : undefined;
  if (key === undefined) return desired;
  const merged = appliedFields(byKey(live, key), byKey(before, key), byKey(desired, key));
  return Object.values(merged);
}

function appliedFields(live: unknown, before: unknown, desired: Fields): Fields {
  const there = isFields(live) ? live : {};
  const mine = isFields(before) ? before : {};
  const named = Object.entries(desired).map(([name, value]) => [
    name,
    applied(there[name], mine[name], value),
  ]);
  const others = Object.entries(there).filter(([name]) => !(name in mine) && !(name in desired));
  return Object.fromEntries([...named, ...others]);
}

const elementsOf = (list: unknown): unknown[] => (Array.isArray(list) ? list : []);

const elementKey = (elements: unknown[]): string | undefined =>
  elements.every(isFields)
    ? ELEMENT_KEYS.find((key) => elements.length > 0 && elements.every((one) => key in one))
    : undefined;

const byKey = (list: unknown, key: string): Fields =>
  Object.fromEntries(
    elementsOf(list).map((element) => [String((element as Fields)[key]), element]),
  );
