// The whole tree as the rules see it: every tracked text file, and every TypeScript file parsed.
// Next: rules.ts, the list of all that is asked of it.
import { type Source, sourceOf } from './source.ts';

/** What the rules are given. Paths are relative to the top, with `/`. */
export interface Tree {
  /** Every file's text; a file that is not text has an empty one. */
  readonly files: ReadonlyMap<string, string>;
  readonly sources: readonly Source[];
}

/** Something that breaks the law, and what to do about it. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly says: string;
}

export type Rule = (tree: Tree) => Finding[];

/** A tree from the texts of its files, by path. */
export function treeOf(texts: Iterable<[string, string]>): Tree {
  const files = new Map(texts);
  const sources = [...files]
    .filter(([path]) => path.endsWith('.ts'))
    .map(([path, text]) => sourceOf(path, text));
  return { files, sources };
}

/** A rule that looks at one TypeScript file at a time. */
export const eachSource =
  (findingsOf: (source: Source) => Finding[]): Rule =>
  (tree) =>
    tree.sources.flatMap(findingsOf);

/** A finding as an editor or a terminal can follow it. */
export const sentence = ({ path, line, says }: Finding): string => `${path}:${line}: ${says}`;
