// Files and folders are named for what is in them; the top of the tree holds only what is known.
import { EMPTY_NAMES, TOP_LEVEL_NAMES, TOP_LEVEL_PATTERN } from '../law.ts';
import { isIn } from '../places.ts';
import type { Rule } from '../tree.ts';

// A copy of another system's root file system keeps that system's names.
const FOREIGN_PLACES = ['test/kind/images'];

/** No file or folder has a name that fits anything. */
export const namesSaySomething: Rule = (tree) =>
  [...tree.files.keys()]
    .filter((path) => !isIn(FOREIGN_PLACES, path))
    .flatMap((path) => {
      const empty = path.split('/').find(isEmptyName);
      if (empty === undefined) return [];
      return [
        { path, line: 1, says: `"${empty}" says nothing: name it for what flows through it` },
      ];
    });

function isEmptyName(part: string): boolean {
  const stem = part.replace(/(?<=.)\..*$/, '');
  return EMPTY_NAMES.some((name) => stem === name || isUtilities(stem, name));
}

// `content-types.ts` says what it holds, `string-utils.ts` does not.
const isUtilities = (stem: string, name: string): boolean =>
  /^(util|helper|misc)/.test(name) && stem.endsWith(`-${name}`);

/** The top of the tree holds the names of the law and no others. */
export const topLevelIsKnown: Rule = (tree) => {
  const names = new Set([...tree.files.keys()].map((path) => path.replace(/\/.*/, '')));
  return [...names]
    .filter((name) => !TOP_LEVEL_NAMES.includes(name) && !TOP_LEVEL_PATTERN.test(name))
    .map((path) => ({
      path,
      line: 1,
      says: 'not a name of the top level: put it in a folder, or add it to law.ts and say why',
    }));
};
