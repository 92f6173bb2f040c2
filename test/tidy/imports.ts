// What a file names of other files and packages, and whether it loads them or takes only types.
// Next: graph.ts, which follows these from file to file.
import { fieldNode, type PlacedNode, type SyntaxNode, textOf } from './syntax.ts';

/** An import, an export from elsewhere, or the path of a worker. */
export interface Import {
  /** As written: `./store.ts`, `node:fs`, `undici`. */
  readonly target: string;
  readonly line: number;
  /** Whether it is gone when the program runs. */
  readonly isType: boolean;
}

const STATEMENTS = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'];

/** All imports of a file, in the order in which they stand. */
export function importsIn(
  nodes: readonly PlacedNode[],
  lineAt: (offset: number) => number,
): Import[] {
  return nodes.flatMap(({ node, parent }) => {
    const target = targetOf(node, parent);
    return target === undefined
      ? []
      : [{ target, line: lineAt(node.start), isType: isGoneAtRunTime(node) }];
  });
}

function targetOf(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (STATEMENTS.includes(node.type) || /^(ImportExpression|TSImportType)$/.test(node.type)) {
    return textOf(fieldNode(node, 'source'));
  }
  // A thread's file is loaded by its path, `new URL('./worker.ts', import.meta.url)`.
  const isFilePath = node.type === 'Literal' && /^\.{1,2}\/.*\.ts$/.test(textOf(node) ?? '');
  return isFilePath && parent?.source !== node ? textOf(node) : undefined;
}

// `import { type A }` still loads the file; only `import type` does not.
const isGoneAtRunTime = (node: SyntaxNode): boolean =>
  node.importKind === 'type' || node.exportKind === 'type' || node.type === 'TSImportType';

/** The package of an import, without the path inside it; undefined for our own files and Node's. */
export function packageOf(target: string): string | undefined {
  if (/^(\.|node:)/.test(target)) return undefined;
  return /^(@[^/]+\/)?[^/]+/.exec(target)?.[0];
}
