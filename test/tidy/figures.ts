// The measures of a tree: how long its files and functions are, and how much of it is test.
// Next: rules/proportions.ts holds them to the law; report.ts prints them.

import { CODE_PLACES, isIn } from './places.ts';
import type { Source } from './source.ts';
import type { Tree } from './tree.ts';

/** Lengths in lines, ascending. */
export interface Figures {
  readonly codeFiles: readonly number[];
  readonly testFiles: readonly number[];
  readonly functions: readonly number[];
  /** Lines of test for each line of code. */
  readonly testRatio: number;
}

/** Measures a tree. */
export function figuresOf(tree: Tree): Figures {
  const code = tree.sources.filter((source) => isIn(CODE_PLACES, source.path));
  const test = tree.sources.filter((source) => isIn(['test'], source.path));
  const functions = code.flatMap((source) => source.functions);
  const codeFiles = lengths(code);
  const testFiles = lengths(test);
  return {
    codeFiles,
    testFiles,
    functions: ascending(functions.filter((one) => one.isMeasured).map((one) => one.lineCount)),
    testRatio: total(testFiles) / Math.max(1, total(codeFiles)),
  };
}

const lengths = (sources: Source[]): number[] =>
  ascending(sources.map((source) => source.lines.length));

const ascending = (values: number[]): number[] => values.toSorted((a, b) => a - b);

/** The sum of some numbers. */
export const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The value below which a share of the ascending values lies: 0.5 is the median. 0 for none. */
export const quantile = (values: readonly number[], share: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
