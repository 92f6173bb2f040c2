// Some things have one home: `process`, the console, and packages that we may want to replace.
// The homes themselves are in places.ts.
import { packageOf } from '../imports.ts';
import {
  baseName,
  CODE_PLACES,
  CONSOLE_PLACES,
  isIn,
  PACKAGE_HOMES,
  PROCESS_FILES,
} from '../places.ts';
import { isReference, memberOf, type PlacedNode, wordOf } from '../syntax.ts';
import { eachSource } from '../tree.ts';

/** Only the files that wire a program, or read its settings, touch `process`. */
export const processStaysHome = eachSource((source) => {
  const { path } = source;
  if (!isIn(CODE_PLACES, path) || isIn(['cli'], path)) return [];
  if (PROCESS_FILES.includes(baseName(path))) return [];
  const imported = source.imports.filter(({ target }) => /^(node:)?process$/.test(target));
  const used = source.nodes.filter(isProcess).map(({ node }) => source.lineAt(node.start));
  return [...imported.map(({ line }) => line), ...used].map((line) => ({
    path,
    line,
    says: `"process" belongs in ${PROCESS_FILES.join(', ')}: hand in what is needed of it`,
  }));
});

const isProcess = (placed: PlacedNode): boolean =>
  memberOf(placed.node)?.join('.') === 'globalThis.process' ||
  (isReference(placed) && wordOf(placed.node) === 'process');

/** Services write logs; only tools for people write to the console. */
export const consoleStaysHome = eachSource((source) =>
  source.nodes
    .filter(({ node }) => memberOf(node)?.[0] === 'console' && !isIn(CONSOLE_PLACES, source.path))
    .map(({ node }) => ({
      path: source.path,
      line: source.lineAt(node.start),
      says: 'write to the log (pino), not to the console',
    })),
);

/** A package with a home is named nowhere else in the code, not even for its types. */
export const packagesStayHome = eachSource(({ path, imports }) =>
  imports.flatMap(({ target, line }) => {
    const homes = PACKAGE_HOMES[packageOf(target) ?? ''];
    if (homes === undefined || !isIn(CODE_PLACES, path) || isIn(homes, path)) return [];
    return [{ path, line, says: `"${target}" may be imported only in ${homes.join(', ')}` }];
  }),
);
