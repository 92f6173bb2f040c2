// Names of files and folders: those that say nothing, and those that the top level does not know.
import { describe, expect, it } from 'vitest';
import { namesSaySomething, topLevelIsKnown } from '../../tidy/rules/names.ts';
import { findings } from './findings.ts';

describe('a name that says nothing is found', () => {
  it.each([
    'server/utils.ts',
    'server/helpers/a.ts',
    'operator/common/b/c.ts',
    'operator/lib/a.ts',
    'test/misc.test.ts',
    'crds/types.ts',
    'server/string-utils.ts',
    'docs/misc/a.md',
  ])('%s', (path) => {
    expect(findings(namesSaySomething, { [path]: '' })).toEqual([
      expect.stringMatching(/:1: "[\w.-]+" says nothing: name it for what flows through it$/),
    ]);
  });
});

describe('a name that says something is not', () => {
  it.each([
    'server/store/sqlite.ts',
    'server/content-types.ts',
    'server/library.ts',
    'test/kind/images/node-files/usr/lib/systemd/a.conf',
    '.gitignore',
  ])('%s', (path) => {
    expect(findings(namesSaySomething, { [path]: '' })).toEqual([]);
  });
});

describe('the top level', () => {
  it('knows the folders, the papers and the compiler settings', () => {
    const paths = [
      'server/a',
      'docs/b',
      '.ci/run',
      'SLOs.md',
      'tsconfig.json',
      'tsconfig.build.json',
    ];
    const texts = Object.fromEntries(paths.map((path) => [path, '']));
    expect(findings(topLevelIsKnown, texts)).toEqual([]);
  });

  it('is told of each other name once', () => {
    const texts = { 'scripts/a.sh': '', 'scripts/b.sh': '', 'notes.md': '', 'tsconfig.txt': '' };
    expect(findings(topLevelIsKnown, texts).map((text) => text.split(':')[0])).toEqual([
      'scripts',
      'notes.md',
      'tsconfig.txt',
    ]);
  });
});
