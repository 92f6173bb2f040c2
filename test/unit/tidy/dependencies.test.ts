// How many packages a program loads, through which files, and whether each is declared.
import { describe, expect, it } from 'vitest';
import { dependenciesAreDeclared, dependenciesAreFew } from '../../tidy/rules/dependencies.ts';
import { findings, lines, places } from './findings.ts';

const load = (...names: string[]) => lines(...names.map((name) => `import '${name}';`));

describe('few packages', () => {
  it('the operator may load four, parts of packages and Node itself not counted', () => {
    const text = load('a', 'b', '@c/d', 'e', 'e/part', '@c/d/part', 'node:fs');
    expect(findings(dependenciesAreFew, { 'operator/main.ts': text })).toEqual([]);
  });

  it('a fifth is found', () => {
    expect(
      findings(dependenciesAreFew, { 'operator/main.ts': load('a', 'b', 'c', 'd', 'e') }),
    ).toEqual(['operator/main.ts:5: operator loads 5 packages, at most 4: a, b, c, d, e']);
  });

  it('those of a file of the other program count where it is loaded', () => {
    const texts = {
      'operator/main.ts': `${load('a', 'b', 'c', 'd')}import '../server/sealing/key-file.ts';\n`,
      'server/sealing/key-file.ts': load('e'),
    };
    expect(places(dependenciesAreFew, texts)).toEqual(['server/sealing/key-file.ts:1']);
  });

  it('types do not count', () => {
    const text = `${load('a', 'b', 'c', 'd')}import type { E } from 'e';\n`;
    expect(findings(dependenciesAreFew, { 'operator/main.ts': text })).toEqual([]);
  });

  it('the server may load fourteen', () => {
    const names = Array.from({ length: 15 }, (_, index) => `p${index + 10}`);
    expect(places(dependenciesAreFew, { 'server/a.ts': load(...names.slice(1)) })).toEqual([]);
    expect(places(dependenciesAreFew, { 'server/a.ts': load(...names) })).toEqual([
      'server/a.ts:15',
    ]);
  });
});

describe('declared packages', () => {
  const manifest = JSON.stringify({ dependencies: { pino: '1' }, devDependencies: { yaml: '1' } });

  it('one that only tests may use is found', () => {
    const texts = { 'package.json': manifest, 'server/a.ts': load('pino', 'yaml') };
    expect(findings(dependenciesAreDeclared, texts)).toEqual([
      'server/a.ts:2: "yaml" is not among the dependencies of package.json',
    ]);
  });

  it('crds and tests may use any', () => {
    const texts = { 'package.json': manifest, 'crds/a.ts': load('yaml'), 'test/a.ts': load('x') };
    expect(findings(dependenciesAreDeclared, texts)).toEqual([]);
  });
});
