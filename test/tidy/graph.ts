// Which of our files leads to which: imports resolved to paths, and all that a file reaches.
// Next: the rules on purity, direction, cycles and dead files.
import { posix } from 'node:path';
import type { Import } from './imports.ts';
import type { Source } from './source.ts';
import type { Tree } from './tree.ts';

/** `loaded`: what is there when the program runs. `named`: types as well. */
export type Kind = 'loaded' | 'named';

/** The path that an import names, when it is one of our files. */
export const pathOf = (source: Source, { target }: Import): string | undefined =>
  target.startsWith('.') ? posix.join(posix.dirname(source.path), target) : undefined;

/** The files of ours that a file imports. */
export function neighbours(tree: Tree, source: Source, kind: Kind): Source[] {
  const paths = source.imports
    .filter((one) => kind === 'named' || !one.isType)
    .map((one) => pathOf(source, one));
  return [...new Set(paths)].flatMap((path) => tree.sources.find((one) => one.path === path) ?? []);
}

/** The files given and all that they lead to. */
export function reachable(tree: Tree, from: readonly Source[], kind: Kind): Set<Source> {
  const reached = new Set(from);
  // A set hands out what is added while it is walked.
  for (const source of reached) {
    for (const next of neighbours(tree, source, kind)) reached.add(next);
  }
  return reached;
}
