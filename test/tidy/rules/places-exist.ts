// The law speaks of places by name; a place that was renamed must not slip out of the law unseen.
import { FULLY_COVERED_PLACES, isIn, PACKAGE_HOMES, PURE_PLACES } from '../places.ts';
import type { Rule } from '../tree.ts';

/** Every place that a law names has at least one file. */
export const placesExist: Rule = (tree) => {
  const places = [...PURE_PLACES, ...FULLY_COVERED_PLACES, ...Object.values(PACKAGE_HOMES).flat()];
  return [...new Set(places)]
    .filter((place) => !tree.sources.some(({ path }) => isIn([place], path)))
    .map((path) => ({
      path,
      line: 1,
      says: 'test/tidy/places.ts names this place, but no file is there: name where it went',
    }));
};
