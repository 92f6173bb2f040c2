// Which fields of a spec others manage, and how they become ours so that an apply can take them
// away; pure. untangle.ts does it where what others added makes an object invalid.
import { OPERATOR_NAME } from '../builders/metadata.ts';
import type { FieldTree, ManagedFields } from '../kube/resource.ts';

const SPEC = 'f:spec';

/**
 * The entries after the spec fields of the manager that wrote last were given to our own; undefined
 * where nobody else manages any. One manager at a time, so that those whose fields do no harm keep
 * them.
 */
export function withLatestTakenOver(
  entries: readonly ManagedFields[],
): ManagedFields[] | undefined {
  const ours = entries.find(isOurs);
  const others = entries.filter((entry) => isTakeable(entry, ours));
  const latest = others.toSorted((a, b) => (a.time ?? '').localeCompare(b.time ?? '')).at(-1);
  if (ours === undefined || latest === undefined) return undefined;
  const { [SPEC]: taken = {}, ...left } = latest.fieldsV1 ?? {};
  const grown = { ...ours, fieldsV1: union(ours.fieldsV1 ?? {}, { [SPEC]: taken }) };
  return entries
    .map((entry) =>
      entry === ours ? grown : entry === latest ? { ...entry, fieldsV1: left } : entry,
    )
    .filter(({ fieldsV1 }) => Object.keys(fieldsV1 ?? {}).length > 0);
}

/** The entry of our applies; one of our name by another operation is foreign too. */
const isOurs = ({ manager, operation, subresource }: ManagedFields): boolean =>
  manager === OPERATOR_NAME && operation === 'Apply' && !subresource;

function isTakeable(entry: ManagedFields, ours: ManagedFields | undefined): boolean {
  return (
    entry !== ours &&
    entry.apiVersion === ours?.apiVersion &&
    !entry.subresource &&
    entry.fieldsV1?.[SPEC] !== undefined
  );
}

/** Two trees of fields as one. */
function union(left: FieldTree, right: FieldTree): FieldTree {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(
    names.map((name) => [name, union(left[name] ?? {}, right[name] ?? {})]),
  );
}
