// One TypeScript file as the rules see it: its lines, comments, nodes, imports and functions.
// Next: tree.ts, which gathers all of them.
import { parseSync } from 'oxc-parser';
import { type FunctionSpan, functionsIn } from './functions.ts';
import { type Import, importsIn } from './imports.ts';
import { nodesUnder, type PlacedNode, type SyntaxNode } from './syntax.ts';

/** A comment without its slashes and stars; `isBlock` tells the two kinds apart. */
export interface SourceComment {
  readonly text: string;
  readonly isBlock: boolean;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** A parsed file. Lines are counted from 1. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly comments: readonly SourceComment[];
  readonly nodes: readonly PlacedNode[];
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionSpan[];
  /** The line on which an offset of the text lies. */
  lineAt(offset: number): number;
}

/** Reads a file. Throws, with the place, when it is not TypeScript. */
export function sourceOf(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  const lineAt = lineFinder(text);
  const error = errors[0];
  if (error) {
    const line = lineAt(error.labels[0]?.start ?? 0);
    throw new Error(`${path}:${line}: this is not TypeScript: ${error.message}`);
  }
  const nodes = nodesUnder(program as unknown as SyntaxNode);
  return {
    path,
    text,
    lines: linesOf(text),
    comments: comments.map((comment) => ({
      text: comment.value.replaceAll(/^[ \t]*\*+/gm, '').trim(),
      isBlock: comment.type === 'Block',
      firstLine: lineAt(comment.start),
      lastLine: lineAt(comment.end),
    })),
    nodes,
    imports: importsIn(nodes, lineAt),
    functions: functionsIn(nodes, lineAt),
    lineAt,
  };
}

/** The lines of a text; the newline at its end begins no further one. */
export const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

function lineFinder(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((newline) => newline.index + 1)];
  return (offset) => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? starts.length : next;
  };
}
