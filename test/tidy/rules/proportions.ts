// The measures of the whole tree: how long the usual file and function are, and how much is tested.
// The bounds on each single one are in lengths.ts.
import { figuresOf, quantile } from '../figures.ts';
import { FILE_LINES_MEDIAN_MAX, FUNCTION_LINES_MEDIAN_MAX, TEST_RATIO_MIN } from '../law.ts';
import { CODE_PLACES, isIn } from '../places.ts';
import type { Finding, Rule, Tree } from '../tree.ts';

/** Something with a length: a file or a function. */
interface Span {
  readonly path: string;
  readonly line: number;
  readonly lineCount: number;
}

/** The usual file of the code is short. */
export const usualFileIsShort: Rule = (tree) => {
  const median = quantile(figuresOf(tree).codeFiles, 0.5);
  if (median <= FILE_LINES_MEDIAN_MAX) return [];
  const files = codeOf(tree).map(({ path, lines }) => ({ path, line: 1, lineCount: lines.length }));
  return atLongest(files, `the median file has ${median} lines, at most ${FILE_LINES_MEDIAN_MAX}`);
};

/** The usual function of the code is short. */
export const usualFunctionIsShort: Rule = (tree) => {
  const median = quantile(figuresOf(tree).functions, 0.5);
  const most = FUNCTION_LINES_MEDIAN_MAX;
  if (median <= most) return [];
  const functions = codeOf(tree).flatMap((source) =>
    source.functions.map(({ line, lineCount }) => ({ path: source.path, line, lineCount })),
  );
  return atLongest(functions, `the median function has ${median} lines, at most ${most}`);
};

/** There is enough test for the code. */
export const testsAreEnough: Rule = (tree) => {
  const ratio = figuresOf(tree).testRatio;
  if (ratio >= TEST_RATIO_MIN) return [];
  const says = `${ratio.toFixed(2)} lines of test to a line of code, at least ${TEST_RATIO_MIN}`;
  return [{ path: 'test', line: 1, says }];
};

const codeOf = (tree: Tree): Tree['sources'] =>
  tree.sources.filter(({ path }) => isIn(CODE_PLACES, path));

function atLongest(spans: Span[], complaint: string): Finding[] {
  const longest = spans.toSorted((a, b) => b.lineCount - a.lineCount)[0];
  if (!longest) return [];
  const { path, line, lineCount } = longest;
  return [{ path, line, says: `${complaint}: begin here, with the longest, ${lineCount} lines` }];
}
