// Circles of imports, and files that nothing leads to.
import { describe, expect, it } from 'vitest';
import { importsMakeNoCycle, noFileIsDead } from '../../tidy/rules/paths.ts';
import { findings, lines, places } from './findings.ts';

describe('a circle', () => {
  it('of three files is found once, where it closes', () => {
    const texts = {
      'server/a.ts': "import './b.ts';\n",
      'server/b.ts': "import './c/c.ts';\n",
      'server/c/c.ts': lines('f();', "import '../a.ts';"),
    };
    expect(findings(importsMakeNoCycle, texts)).toEqual([
      'server/c/c.ts:2: imports make a circle: ' +
        'server/a.ts -> server/b.ts -> server/c/c.ts -> server/a.ts',
    ]);
  });

  it('of one file is found', () => {
    expect(places(importsMakeNoCycle, { 'cli/a.ts': "import './a.ts';\n" })).toEqual([
      'cli/a.ts:1',
    ]);
  });

  it('is a circle for types, too', () => {
    const texts = {
      'server/a.ts': "import { b } from './b.ts';\n",
      'server/b.ts': "import type { A } from './a.ts';\n",
    };
    expect(places(importsMakeNoCycle, texts)).toEqual(['server/b.ts:1']);
  });

  it('that no other file leads into is found', () => {
    const texts = {
      'server/a.ts': "import './b.ts';\n",
      'server/b.ts': "import './c.ts';\n",
      'server/c.ts': "import './b.ts';\n",
    };
    expect(places(importsMakeNoCycle, texts)).toEqual(['server/c.ts:1']);
  });

  it('is not where two ways lead to one file', () => {
    const texts = {
      'server/a.ts': lines("import './b.ts';", "import './c.ts';"),
      'server/b.ts': "import './d.ts';\n",
      'server/c.ts': "import './d.ts';\n",
      'server/d.ts': "import 'fastify';\n",
    };
    expect(places(importsMakeNoCycle, texts)).toEqual([]);
  });
});

describe('a dead file', () => {
  it('is found: only its test leads there', () => {
    const texts = {
      'server/main.ts': "import './app.ts';\n",
      'server/app.ts': 'f();\n',
      'server/old.ts': 'f();\n',
      'test/old.test.ts': "import '../server/old.ts';\n",
    };
    expect(findings(noFileIsDead, texts)).toEqual([
      'server/old.ts:1: nothing that starts in main.ts or generate.ts leads here: ' +
        'use it or remove it',
    ]);
  });

  it('is not one that is reached by a type, a later import or the path of a worker', () => {
    const texts = {
      'server/main.ts': lines(
        "import type { A } from './a.ts';",
        "const b = await import('./b.ts');",
        "new Worker(new URL('./store/worker.ts', import.meta.url));",
      ),
      'server/a.ts': "export type { C } from './c.ts';\n",
      'server/b.ts': 'f();\n',
      'server/c.ts': 'f();\n',
      'server/store/worker.ts': 'f();\n',
    };
    expect(places(noFileIsDead, texts)).toEqual([]);
  });
});
