// How a file is read: its lines, comments, imports and functions, with the lines where they stand.
import { describe, expect, it } from 'vitest';
import { packageOf } from '../../tidy/imports.ts';
import { linesOf, sourceOf } from '../../tidy/source.ts';
import { lines } from './findings.ts';

const read = (...text: string[]) => sourceOf('server/a.ts', lines(...text));

it('says where a file is not TypeScript', () => {
  expect(() => read('f();', 'const = 1;')).toThrow(/^server\/a\.ts:2: this is not TypeScript: /);
});

it('counts lines as an editor does', () => {
  expect(linesOf('a\nb\n')).toEqual(['a', 'b']);
  expect(linesOf('a\n\n')).toEqual(['a', '']);
  expect(linesOf('a')).toEqual(['a']);
});

it('finds comments, and none in strings, templates and regular expressions', () => {
  const source = read(
    "const a = '// no';",
    'const b = `/* no */`;',
    'const c = /\\/\\//;',
    '// yes',
  );
  expect(source.comments).toEqual([{ text: 'yes', isBlock: false, firstLine: 4, lastLine: 4 }]);
});

it('takes the stars from a block comment', () => {
  const [comment] = read('/**', ' * One', ' * two.', ' */').comments;
  expect(comment).toMatchObject({ isBlock: true, firstLine: 1, lastLine: 4 });
  expect(comment?.text.split(/\s+/)).toEqual(['One', 'two.']);
});

describe('imports', () => {
  const imported = (line: string) =>
    read('f();', line).imports.map(({ target, line: at, isType }) => [target, at, isType]);

  it.each([
    ["import a from './a.ts';", './a.ts', false],
    ["import './a.ts';", './a.ts', false],
    ["import { type A } from './a.ts';", './a.ts', false],
    ["import type { A } from './a.ts';", './a.ts', true],
    ["export { a } from './a.ts';", './a.ts', false],
    ["export type { A } from './a.ts';", './a.ts', true],
    ["export * from './a.ts';", './a.ts', false],
    ["const a = await import('./a.ts');", './a.ts', false],
    ["type A = import('./a.ts').A;", './a.ts', true],
    ["new URL('./a.ts', import.meta.url);", './a.ts', false],
    ["import fs from 'node:fs';", 'node:fs', false],
  ])('%s', (line, target, isType) => {
    expect(imported(line)).toEqual([[target, 2, isType]]);
  });

  it.each(["// import './a.ts';", "const a = 'import b';", 'export const a = 1;', 'import(name);'])(
    'none: %s',
    (line) => {
      expect(imported(line)).toEqual([]);
    },
  );

  it.each([
    ['undici', 'undici'],
    ['undici/types', 'undici'],
    ['@a/b', '@a/b'],
    ['@a/b/c', '@a/b'],
    ['node:fs', undefined],
    ['./a.ts', undefined],
  ])('the package of %s is %s', (target, name) => {
    expect(packageOf(target)).toBe(name);
  });
});

describe('functions', () => {
  const measured = (...text: string[]) =>
    read(...text).functions.map(({ name, line, lineCount, isMeasured }) => [
      name,
      line,
      lineCount,
      isMeasured,
    ]);

  it.each([
    ['a function', ['function one() {', '}'], ['one', 1, 2, true]],
    ['an arrow with braces', ['const one = async () => {', '};'], ['one', 1, 2, true]],
    ['an arrow without', ['const one = () =>', '  1;'], ['one', 1, 2, false]],
    ['a method', ['class A {', '  static', '  one() {', '  }', '}'], ['one', 2, 3, true]],
    ['a private method', ['class A {', '  #one() {', '  }', '}'], ['one', 2, 2, true]],
    ['a field', ['class A {', '  one = () => {', '  };', '}'], ['one', 2, 2, true]],
    ['a property', ['f({ one() {', '} });'], ['one', 1, 2, true]],
    ['an assignment', ['one = () => {', '};'], ['one', 1, 2, true]],
    ['a closure', ['f(() => {', '});'], ['a closure', 1, 2, false]],
  ])('%s', (_what, text, expected) => {
    expect(measured(...text)).toEqual([expected]);
  });

  it('a signature without a body is none', () => {
    expect(measured('interface A { one(): void }', 'declare function two(): void;')).toEqual([]);
  });

  it('braces in strings, templates and regular expressions do not end one', () => {
    expect(measured('function one() {', "  f('}', `}`, /}/);", '}')).toEqual([['one', 1, 3, true]]);
  });
});
