// Every test runs: one that is passed over says why, and none keeps the others from running.
import type { Source } from '../source.ts';
import { fieldNode, type SyntaxNode, wordOf } from '../syntax.ts';
import { eachSource } from '../tree.ts';
import { isReason } from './words.ts';

const SUITES = ['it', 'test', 'describe', 'suite', 'bench', 'context'];
const PASSED_OVER = ['skip', 'todo', 'skipIf', 'runIf'];

/** No test is passed over without a comment that says why, and `only` is never committed. */
export const everyTestRuns = eachSource((source) =>
  source.nodes.flatMap(({ node }) => {
    const verb = node.type === 'MemberExpression' ? wordOf(fieldNode(node, 'property')) : undefined;
    if (verb === undefined || !SUITES.includes(rootOf(node))) return [];
    const line = source.lineAt(node.start);
    const says = complaintOf(verb, hasReason(source, line));
    return says === undefined ? [] : [{ path: source.path, line, says }];
  }),
);

function complaintOf(verb: string, hasItsReason: boolean): string | undefined {
  if (verb === 'only') return 'keeps all other tests from running: take "only" away';
  if (!PASSED_OVER.includes(verb) || hasItsReason) return undefined;
  return `"${verb}" passes tests over: say why in a comment on this line or the one above`;
}

/** `it` of `it.each(rows).skip`. */
function rootOf(node: SyntaxNode): string {
  const inner = fieldNode(node, 'object') ?? fieldNode(node, 'callee') ?? fieldNode(node, 'tag');
  return inner === undefined ? (wordOf(node) ?? '') : rootOf(inner);
}

const hasReason = (source: Source, line: number): boolean =>
  source.comments.some(
    ({ text, firstLine, lastLine }) =>
      (firstLine === line || lastLine === line - 1) && isReason(text),
  );
