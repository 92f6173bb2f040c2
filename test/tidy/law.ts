// The figures and words of the tidy law, each written down once; the places are in places.ts.
// Next: the rules of test/tidy/rules, which hold the tree to them.

/** What a reader can hold in the head. The medians are a tree's, the others hold for each one. */
export const FILE_LINES_MAX = 250;
export const FILE_LINES_MEDIAN_MAX = 90;
export const FUNCTION_LINES_MAX = 70;
export const FUNCTION_LINES_MEDIAN_MAX = 9;
export const LINE_COLUMNS_MAX = 100;

/** How long the design notes beside a program may be: a page that is read as a whole. */
export const DESIGN_LINES_MAX = 150;

/** Lines of test for each line of code. */
export const TEST_RATIO_MIN = 1.5;

/** The fewest words that make an opening comment a sentence. */
export const OPENING_WORDS_MIN = 4;

/** The fewest words that make a reason, where a suppression has to give one. */
export const REASON_WORDS_MIN = 3;

/** The most packages that a program may load when it runs. */
export const RUNTIME_DEPENDENCIES_MAX: Record<string, number> = { operator: 4, server: 14 };

/** Names that say nothing of what is inside; no file or folder may have one, or end in one. */
export const EMPTY_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'lib', 'misc', 'types'];

/** Words that put work off; an issue is the place for it. */
export const PUT_OFF_WORDS = ['TODO', 'FIXME', 'XXX', 'HACK'];

/** All that may stand at the top of the tree. */
export const TOP_LEVEL_NAMES = [
  ...['operator', 'server', 'cli', 'crds', 'config', 'test', 'docs'],
  ...['Dockerfile.operator', 'Dockerfile.server', 'Makefile'],
  ...['package.json', 'package-lock.json', 'biome.json', 'vitest.config.ts', 'rolldown.config.ts'],
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'SLOs.md', 'LICENSE'],
  ...['.ci', '.dockerignore', '.github', '.gitignore', '.npmrc'],
];

/** Also allowed at the top: the compiler's settings. */
export const TOP_LEVEL_PATTERN = /^tsconfig(\.[a-z]+)?\.json$/;

/** The share of all lines of code that tests must run; some places need all: see places.ts. */
export const COVERED_PERCENT_MIN = 80;
