// The syntax tree as plain nodes, and the few questions that the rules put to it.
// Next: source.ts, which reads a file into nodes.
import { visitorKeys } from 'oxc-parser';

/** A node of the syntax tree; `start` and `end` are offsets in the text. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A node, and the field of its parent that holds it. */
export interface PlacedNode {
  readonly node: SyntaxNode;
  readonly parent: SyntaxNode | undefined;
  readonly field: string;
}

/** A node and all below it, parents first. */
export function nodesUnder(
  node: SyntaxNode,
  parent: SyntaxNode | undefined = undefined,
  field = '',
): PlacedNode[] {
  const placed = [{ node, parent, field }];
  for (const key of visitorKeys[node.type] ?? []) {
    for (const inner of [node[key]].flat()) {
      if (isNode(inner)) placed.push(...nodesUnder(inner, node, key));
    }
  }
  return placed;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value;

/** The node in a field, when there is one. */
export function fieldNode(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The text of a string; undefined for anything else. */
export const textOf = (node: SyntaxNode | undefined): string | undefined =>
  node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;

/** The words of an identifier, a private name or a string; undefined for anything else. */
export function wordOf(node: SyntaxNode | undefined): string | undefined {
  return textOf(node) ?? (typeof node?.name === 'string' ? node.name : undefined);
}

/** `Date.now` as `['Date', 'now']`: a member of a thing that has a name. */
export function memberOf(node: SyntaxNode): [string, string] | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const object = wordOf(fieldNode(node, 'object'));
  const property = wordOf(fieldNode(node, 'property'));
  return object !== undefined && property !== undefined ? [object, property] : undefined;
}

/** Whether an identifier stands for a variable, and is not the name of a member or a property. */
export function isReference({ node, parent, field }: PlacedNode): boolean {
  if (node.type !== 'Identifier') return false;
  if (parent?.type === 'MemberExpression' && field === 'property') return parent.computed === true;
  const isKey = field === 'key' && parent?.shorthand !== true && parent?.computed !== true;
  return !isKey;
}
