// Asks one rule of a small tree that a test writes down, file by file.
// Used by all tests of this folder.
import { type Finding, type Rule, sentence, type Tree, treeOf } from '../../tidy/tree.ts';

/** What a rule finds in these texts, each as `path:line: sentence`. */
export const findings = (rule: Rule, texts: Record<string, string>): string[] =>
  rule(tree(texts)).map(sentence);

/** Where a rule finds something, as `path:line`. */
export const places = (rule: Rule, texts: Record<string, string>): string[] =>
  rule(tree(texts)).map(({ path, line }: Finding) => `${path}:${line}`);

/** A tree of these texts. */
export const tree = (texts: Record<string, string>): Tree => treeOf(Object.entries(texts));

/** Some lines, each with a newline at its end. */
export const lines = (...texts: string[]): string => texts.map((text) => `${text}\n`).join('');

/** The same line many times. */
export const repeated = (count: number, text: string): string => `${text}\n`.repeat(count);
