// Which way imports may go between the operator, the server, the contract, the tool and the tests.
import { describe, expect, it } from 'vitest';
import { importsKeepDirection } from '../../tidy/rules/directions.ts';
import { findings, lines } from './findings.ts';

const from = (path: string, statement: string) =>
  findings(importsKeepDirection, { [path]: lines('f();', statement) });

describe('is found', () => {
  it.each([
    ['server/a.ts', "import '../operator/a.ts';", 'the server knows nothing of the operator'],
    ['server/a.ts', "import type { A } from '../operator/a.ts';", 'the server knows nothing of'],
    ['server/b/a.ts', "export * from '../../operator/a.ts';", 'the server knows nothing of'],
    ['operator/a.ts', "import '../server/errors.ts';", 'takes from the server only'],
    ['operator/a.ts', "import type { A } from '../server/store/store.ts';", 'the server only'],
    ['operator/a.ts', "import { A } from '../crds/schema.ts';", 'crds is not in the image'],
    ['operator/a.ts', "import { type A } from '../crds/schema.ts';", 'crds is not in the image'],
    ['server/a.ts', "import { A } from '../crds/schema.ts';", 'crds is not in the image'],
    ['crds/a.ts', "import type { A } from '../operator/a.ts';", 'the contract stands first'],
    ['crds/a.ts', "import '../server/a.ts';", 'the contract stands first'],
    ['server/a.ts', "import '../cli/main.ts';", 'nothing of the command line tool'],
    ['operator/a.ts', "await import('../test/a.ts');", 'code does not import from its tests'],
    ['cli/a.ts', "type A = import('../test/a.ts').A;", 'code does not import from its tests'],
  ])('in %s: %s', (path, statement, says) => {
    const found = from(path, statement);
    expect(found).toEqual([expect.stringContaining(says)]);
    expect(found[0]).toContain(`${path}:2: `);
  });
});

describe('is allowed', () => {
  it.each([
    ['operator/data-set/a.ts', "import { f } from '../../server/sealing/key-file.ts';"],
    ['operator/a.ts', "import type { A } from '../crds/schema.ts';"],
    ['operator/a.ts', "import { a } from './kube/client.ts';"],
    ['server/a.ts', "import { a } from './store/store.ts';"],
    ['crds/generate.ts', "import { a } from './schema.ts';"],
    ['cli/main.ts', "import { a } from '../crds/schema.ts';"],
    ['test/unit/a.test.ts', "import { a } from '../../server/a.ts';"],
    ['server/a.ts', "import a from 'operator';"],
  ])('in %s: %s', (path, statement) => {
    expect(from(path, statement)).toEqual([]);
  });
});
