// All that there is of the instances in a namespace, with everything replaced that differs from one
// run to the next: two runs came to the same end if these texts are equal.
import { ENDPOINT_SLICE, SECRET } from '../../../operator/api/resources.ts';
import { objectsOf } from '../../support/cluster-actors.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';

/** What differs by chance; each is replaced by its kind and the order in which it first appears. */
const BY_CHANCE: readonly [name: string, pattern: RegExp][] = [
  ['uuid', /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g],
  ['hash', /\b[0-9a-f]{32}\b/g],
  ['time', /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g],
  ['address', /\b10\.96\.\d+\.\d+\b/g],
  ['slice', /\borders(-postgres)?-[0-9a-f]{5}\b/g],
  ['pod', /\b[a-z]+-[0-9a-f]{10}-[a-z0-9]{5}\b/g],
  ['template', /\b[0-9a-f]{10}\b/g],
];

/** The end state of a namespace, as text that a failed comparison shows line by line. */
export async function endStateOf(place: Place): Promise<string> {
  const objects = [...(await objectsOf(place)).values()].flat();
  const titled = objects.map((object) => [titleOf(object), plain(object)] as const);
  const sorted = titled.sort(([a], [b]) => a.localeCompare(b)).map(([, object]) => object);
  const text = JSON.stringify(sortedKeys(sorted), null, 1).replaceAll(place.namespace, 'here');
  return BY_CHANCE.reduce(replaceInOrder, text);
}

/** How many objects there are of each kind. */
export async function countsOf(place: Place): Promise<Record<string, number>> {
  const objects = await objectsOf(place);
  return Object.fromEntries([...objects].map(([kind, list]) => [kind, list.length]));
}

// a pod's own name is made by chance, so it must not decide the order
const titleOf = ({ kind, metadata }: ApiObject): string =>
  `${kind} ${metadata.generateName ?? metadata.name}`;

/**
 * Without what the API server counts; of the bytes of Secrets, which are left to their own check,
 * only how many lines there are: a token that was rotated twice is one more.
 */
function plain(object: ApiObject): ApiObject {
  const { resourceVersion, managedFields = [], ...metadata } = object.metadata;
  // how often the actors wrote it is not the operator's doing
  if (object.kind === ENDPOINT_SLICE.kind) delete metadata.generation;
  const managers = managedFields
    .filter(({ manager }: { manager: string }) => manager === 'dumbkv-operator')
    .map(({ time, ...rest }: ApiObject) => rest)
    .sort((a: ApiObject, b: ApiObject) => managerTitle(a).localeCompare(managerTitle(b)));
  const data = object.data && linesOf(object);
  return { ...object, metadata: { ...metadata, managers }, ...(data ? { data } : {}) };
}

function linesOf({ kind, data }: ApiObject): Record<string, number> {
  const isSealed = kind === SECRET.kind;
  const textOf = (value: string) => (isSealed ? Buffer.from(value, 'base64').toString() : value);
  return Object.fromEntries(
    Object.entries(data as Record<string, string>).map(([key, value]) => [
      key,
      textOf(value).trimEnd().split('\n').length,
    ]),
  );
}

const managerTitle = ({ operation, subresource = '' }: ApiObject): string =>
  `${operation} ${subresource}`;

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, sortedKeys(part)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function replaceInOrder(text: string, [name, pattern]: (typeof BY_CHANCE)[number]): string {
  if (name === 'time') return text.replace(pattern, '(time)');
  const known = new Map<string, string>();
  return text.replace(pattern, (found) => {
    const replaced = known.get(found) ?? `(${name} ${known.size + 1})`;
    known.set(found, replaced);
    return replaced;
  });
}
