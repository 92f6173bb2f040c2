// The ways through the tree: imports make no circle, and no file is left that nothing leads to.
import { neighbours, pathOf, reachable } from '../graph.ts';
import { baseName, CODE_PLACES, ENTRY_FILES, isIn } from '../places.ts';
import type { Source } from '../source.ts';
import type { Finding, Rule, Tree } from '../tree.ts';

/** No file imports itself by way of others, not even for types: a reader would walk in a circle. */
export const importsMakeNoCycle: Rule = (tree) => {
  const done = new Set<Source>();
  return tree.sources.flatMap((source) => cyclesFrom(tree, source, [], done));
};

function cyclesFrom(tree: Tree, source: Source, way: Source[], done: Set<Source>): Finding[] {
  if (way.includes(source)) return [cycleFinding([...way.slice(way.indexOf(source)), source])];
  if (done.has(source)) return [];
  done.add(source);
  return neighbours(tree, source, 'named').flatMap((next) =>
    cyclesFrom(tree, next, [...way, source], done),
  );
}

/** Found in the last file of the circle, on the line that closes it. */
function cycleFinding(circle: Source[]): Finding {
  const [last, first] = circle.slice(-2) as [Source, Source];
  const closing = last.imports.find((imported) => pathOf(last, imported) === first.path);
  const names = circle.map(({ path }) => path).join(' -> ');
  return { path: last.path, line: closing?.line ?? 1, says: `imports make a circle: ${names}` };
}

/** Every file of the code is reached from where a program starts. */
export const noFileIsDead: Rule = (tree) => {
  const code = tree.sources.filter(({ path }) => isIn(CODE_PLACES, path));
  const entries = code.filter(({ path }) => ENTRY_FILES.includes(baseName(path)));
  const alive = reachable(tree, entries, 'named');
  return code
    .filter((source) => !alive.has(source))
    .map(({ path }) => ({
      path,
      line: 1,
      says: `nothing that starts in ${ENTRY_FILES.join(' or ')} leads here: use it or remove it`,
    }));
};
