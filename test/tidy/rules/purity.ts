// Pure places decide and shape: they and what they load do no I/O, tell no time and roll no dice.
// What counts as impure is in stains.ts.
import { reachable } from '../graph.ts';
import { isIn, PURE_PLACES } from '../places.ts';
import type { Source } from '../source.ts';
import type { Finding, Rule } from '../tree.ts';
import { stainsOf } from './stains.ts';

/** Nothing impure is in a pure place or in anything that it loads; types may come from anywhere. */
export const pureStaysPure: Rule = (tree) => {
  const loaders = new Map<Source, string>();
  for (const source of tree.sources.filter(({ path }) => isIn(PURE_PLACES, path))) {
    for (const loaded of reachable(tree, [source], 'loaded')) noteLoader(loaders, loaded, source);
  }
  return [...loaders].flatMap(([source, loader]) => complaints(source, loader));
};

// A file that is pure itself needs no other to tell why it must be.
function noteLoader(loaders: Map<Source, string>, loaded: Source, by: Source): void {
  if (loaded === by || !loaders.has(loaded)) loaders.set(loaded, by.path);
}

function complaints(source: Source, loader: string): Finding[] {
  const why = loader === source.path ? 'this place is pure' : `pure ${loader} loads this`;
  return stainsOf(source).map(({ line, what }) => ({
    path: source.path,
    line,
    says: `${what} is not pure and ${why}: hand the value in, or import only the type`,
  }));
}
