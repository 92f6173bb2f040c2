// Which program may know of which: the two programs share nothing but the format of a key file.
import { pathOf } from '../graph.ts';
import type { Import } from '../imports.ts';
import { CODE_PLACES, isIn } from '../places.ts';
import { eachSource } from '../tree.ts';

/** From these places, those places are not imported, but for what is allowed. */
interface Border {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly allows: (path: string, imported: Import) => boolean;
  readonly says: string;
}

const never = (): boolean => false;

const BORDERS: Border[] = [
  {
    from: ['operator'],
    to: ['server'],
    allows: (path) => path === 'server/sealing/key-file.ts',
    says: 'the operator takes from the server only server/sealing/key-file.ts',
  },
  {
    from: ['server'],
    to: ['operator'],
    allows: never,
    says: 'the server knows nothing of the operator',
  },
  {
    from: ['operator', 'server'],
    to: ['crds'],
    allows: (_path, imported) => imported.isType,
    says: 'crds is not in the image: take its types with "import type"',
  },
  {
    from: ['crds'],
    to: ['operator', 'server', 'cli'],
    allows: never,
    says: 'the contract stands first: it imports nothing of the programs',
  },
  {
    from: ['operator', 'server'],
    to: ['cli'],
    allows: never,
    says: 'the programs know nothing of the command line tool',
  },
  { from: CODE_PLACES, to: ['test'], allows: never, says: 'code does not import from its tests' },
];

/** Every import goes in an allowed direction. */
export const importsKeepDirection = eachSource((source) =>
  source.imports.flatMap((imported) => {
    const path = pathOf(source, imported);
    return BORDERS.filter(({ from, to }) => isIn(from, source.path) && isIn(to, path ?? ''))
      .filter(({ allows }) => !allows(path ?? '', imported))
      .map(({ says }) => ({ path: source.path, line: imported.line, says }));
  }),
);
