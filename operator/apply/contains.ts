// Whether a live object still says all that is desired of it, and if not, where it differs; pure.
// What others added is not our business. apply.ts writes only when this, or the hash of what is
// desired, says that something differs.
import { isSameQuantity } from '../api/quantity.ts';

/** Fields below which strings are quantities, which the API server may spell in another way. */
const QUANTITY_MAPS = new Set(['requests', 'limits', 'capacity']);
/** What identifies an element of a list of objects, in the order in which it is looked for. */
const ELEMENT_KEYS = ['name', 'mountPath', 'uid', 'host', 'path', 'secretName'] as const;

/** Whether `live` holds every field of `desired` with the same value. */
export const contains = (live: unknown, desired: unknown): boolean =>
  firstDifference(live, desired) === undefined;

/** The path of the first field of `desired` that `live` does not hold with the same value. */
export function firstDifference(live: unknown, desired: unknown, at = ''): string | undefined {
  return differenceAt(at, live, desired);
}

type Fields = Record<string, unknown>;
type Comparison = (path: string, live: unknown, desired: unknown) => string | undefined;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const differenceAt: Comparison = (path, live, desired) => {
  if (desired === undefined) return undefined;
  if (Array.isArray(desired)) {
    return Array.isArray(live) ? differenceOfElements(path, live, desired) : path;
  }
  if (isObject(desired)) return differenceOfFields(path, live, desired);
  return live === desired ? undefined : path;
};

const differenceOfAmounts: Comparison = (path, live, desired) => {
  const areTexts = typeof live === 'string' && typeof desired === 'string';
  if (areTexts && isSameQuantity(live, desired)) return undefined;
  return differenceAt(path, live, desired);
};

function differenceOfFields(
  path: string,
  live: unknown,
  desired: Fields,
  compare = differenceAt,
): string | undefined {
  if (!isObject(live)) return path;
  for (const [name, value] of Object.entries(desired)) {
    const at = path === '' ? name : `${path}.${name}`;
    const difference =
      QUANTITY_MAPS.has(name) && isObject(value)
        ? differenceOfFields(at, live[name], value, differenceOfAmounts)
        : compare(at, live[name], value);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

const keyOf = (element: Fields) =>
  ELEMENT_KEYS.find((name) => name in element && !isObject(element[name]));

/**
 * Lists of objects are compared by their elements' names, since others may have added elements
 * between.
 */
function differenceOfElements(
  path: string,
  live: unknown[],
  desired: unknown[],
): string | undefined {
  for (const [index, element] of desired.entries()) {
    const key = isObject(element) ? keyOf(element) : undefined;
    if (!isObject(element) || key === undefined) {
      const difference = differenceAt(`${path}[${index}]`, live[index], element);
      if (difference !== undefined) return difference;
      continue;
    }
    const at = `${path}[${element[key]}]`;
    const namesakes = live.filter((other) => isObject(other) && other[key] === element[key]);
    const differences = namesakes.map((other) => differenceAt(at, other, element));
    if (!differences.includes(undefined)) return differences[0] ?? at;
  }
  return undefined;
}
