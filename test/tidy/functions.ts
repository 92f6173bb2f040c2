// The functions of a file and their lengths; a closure counts on its own and in those around it.
// Next: rules/lengths.ts and figures.ts.
import { fieldNode, type PlacedNode, type SyntaxNode, wordOf } from './syntax.ts';

/** A function and the lines from its first to its last. */
export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly lineCount: number;
  /** Whether it counts for the median: it has a name and a body in braces. */
  readonly isMeasured: boolean;
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
const NAMERS: Record<string, string> = {
  VariableDeclarator: 'id',
  MethodDefinition: 'key',
  Property: 'key',
  PropertyDefinition: 'key',
  AssignmentExpression: 'left',
};

/** All functions of a file that have a body, outer ones first. */
export function functionsIn(
  nodes: readonly PlacedNode[],
  lineAt: (offset: number) => number,
): FunctionSpan[] {
  return nodes
    .filter(({ node }) => FUNCTIONS.includes(node.type) && fieldNode(node, 'body'))
    .map(({ node, parent }) => {
      const name = functionName(node, parent);
      // A method's own node begins at its parameters; its name and modifiers belong to it.
      const first = parent?.type === 'MethodDefinition' ? parent : node;
      return {
        name: name ?? 'a closure',
        line: lineAt(first.start),
        lineCount: lineAt(node.end) - lineAt(first.start) + 1,
        isMeasured: name !== undefined && fieldNode(node, 'body')?.type === 'BlockStatement',
      };
    });
}

function functionName(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  const own = wordOf(fieldNode(node, 'id'));
  if (own !== undefined || parent === undefined) return own;
  return wordOf(fieldNode(parent, NAMERS[parent.type] ?? ''));
}
