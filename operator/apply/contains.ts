// Whether a live object still says all that is desired of it; pure. What others added is not our
// business. apply.ts writes only when this, or the hash of what is desired, says that something
// differs.
import { isSameQuantity } from '../api/quantity.ts';

/** Fields below which strings are quantities, which the API server may spell in another way. */
const QUANTITY_MAPS = new Set(['requests', 'limits', 'capacity']);
/** What identifies an element of a list of objects, in the order in which it is looked for. */
const ELEMENT_KEYS = ['name', 'mountPath', 'uid', 'host', 'path', 'secretName'] as const;

/** Whether `live` holds every field of `desired` with the same value. */
export function contains(live: unknown, desired: unknown, isQuantity = false): boolean {
  if (desired === undefined) return true;
  if (Array.isArray(desired)) return Array.isArray(live) && containsElements(live, desired);
  if (isObject(desired)) return isObject(live) && containsFields(live, desired);
  if (isQuantity && typeof live === 'string' && typeof desired === 'string') {
    return isSameQuantity(live, desired);
  }
  return live === desired;
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function containsFields(live: Fields, desired: Fields): boolean {
  return Object.entries(desired).every(([name, value]) => {
    if (!QUANTITY_MAPS.has(name) || !isObject(value)) return contains(live[name], value);
    const amounts = live[name];
    return (
      isObject(amounts) &&
      Object.entries(value).every(([resource, amount]) => contains(amounts[resource], amount, true))
    );
  });
}

/**
 * Lists of objects are compared by their elements' names, since others may have added elements
 * between.
 */
function containsElements(live: unknown[], desired: unknown[]): boolean {
  return desired.every((element, index) => {
    const key = isObject(element) ? ELEMENT_KEYS.find((name) => name in element) : undefined;
    if (!isObject(element) || key === undefined) return contains(live[index], element);
    return live.some(
      (other) => isObject(other) && other[key] === element[key] && contains(other, element),
    );
  });
}
