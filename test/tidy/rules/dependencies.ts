// How many packages each program loads when it runs, and that each is declared for running.
import { reachable } from '../graph.ts';
import { packageOf } from '../imports.ts';
import { RUNTIME_DEPENDENCIES_MAX } from '../law.ts';
import { isIn } from '../places.ts';
import type { Source } from '../source.ts';
import type { Finding, Rule, Tree } from '../tree.ts';

/** A package that a file loads. */
interface Load {
  readonly path: string;
  readonly line: number;
  readonly name: string;
}

/** The packages that a program's files, and those that they lead to, load when it runs. */
function loadsOf(tree: Tree, program: string): Load[] {
  const own = tree.sources.filter(({ path }) => isIn([program], path));
  return [...reachable(tree, own, 'loaded')].flatMap(({ path, imports }: Source) =>
    imports
      .filter(({ isType }) => !isType)
      .flatMap(({ target, line }) => {
        const name = packageOf(target);
        return name === undefined ? [] : [{ path, line, name }];
      }),
  );
}

/** No program loads more packages than the law allows. */
export const dependenciesAreFew: Rule = (tree) =>
  Object.entries(RUNTIME_DEPENDENCIES_MAX).flatMap(([program, most]) => {
    const loads = loadsOf(tree, program);
    const names = [...new Set(loads.map(({ name }) => name))].sort();
    const last = loads.find(({ name }) => name === names.at(-1));
    if (names.length <= most || last === undefined) return [];
    const says = `${program} loads ${names.length} packages, at most ${most}: ${names.join(', ')}`;
    return [{ path: last.path, line: last.line, says }];
  });

/** Every package that a program loads is among the dependencies, which an image installs. */
export const dependenciesAreDeclared: Rule = (tree) => {
  const declared = declaredNames(tree);
  return Object.keys(RUNTIME_DEPENDENCIES_MAX).flatMap((program) =>
    loadsOf(tree, program)
      .filter(({ name }) => !declared.has(name))
      .map(({ path, line, name }): Finding => {
        return { path, line, says: `"${name}" is not among the dependencies of package.json` };
      }),
  );
};

function declaredNames(tree: Tree): Set<string> {
  const manifest: { dependencies?: object } = JSON.parse(tree.files.get('package.json') ?? '{}');
  return new Set(Object.keys(manifest.dependencies ?? {}));
}
