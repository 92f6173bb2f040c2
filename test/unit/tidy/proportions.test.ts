// The measures of a whole tree: the usual file, the usual function, and tests to code.
import { describe, expect, it } from 'vitest';
import { figuresOf, quantile } from '../../tidy/figures.ts';
import {
  testsAreEnough,
  usualFileIsShort,
  usualFunctionIsShort,
} from '../../tidy/rules/proportions.ts';
import { findings, repeated, tree } from './findings.ts';

const file = (count: number) => repeated(count, 'f();');
const functionOf = (count: number) => `function f() {\n${repeated(count - 2, '  f();')}}\n`;

describe('the usual file', () => {
  it('may have 90 lines, though some have more', () => {
    const texts = { 'server/a.ts': file(10), 'server/b.ts': file(90), 'cli/c.ts': file(250) };
    expect(findings(usualFileIsShort, texts)).toEqual([]);
  });

  it('may not have 91; the longest is named', () => {
    const texts = { 'server/a.ts': file(10), 'server/b.ts': file(91), 'cli/c.ts': file(200) };
    expect(findings(usualFileIsShort, texts)).toEqual([
      'cli/c.ts:1: the median file has 91 lines, at most 90: ' +
        'begin here, with the longest, 200 lines',
    ]);
  });

  it('is one of the code: tests are reported apart', () => {
    expect(findings(usualFileIsShort, { 'test/a.test.ts': file(240) })).toEqual([]);
  });
});

describe('the usual function', () => {
  it('may have 9 lines', () => {
    const texts = { 'server/a.ts': functionOf(9), 'server/b.ts': functionOf(9) };
    expect(findings(usualFunctionIsShort, texts)).toEqual([]);
  });

  it('may not have 10; the longest is named with its line', () => {
    const texts = { 'server/a.ts': `f();\n${functionOf(12)}`, 'server/b.ts': functionOf(10) };
    expect(findings(usualFunctionIsShort, { ...texts, 'cli/c.ts': functionOf(3) })).toEqual([
      'server/a.ts:2: the median function has 10 lines, at most 9: ' +
        'begin here, with the longest, 12 lines',
    ]);
  });

  it('has a name and braces: short closures do not make long functions look short', () => {
    const texts = { 'server/a.ts': `${functionOf(20)}${repeated(9, 'const f = () => 1;')}` };
    expect(findings(usualFunctionIsShort, texts)).toHaveLength(1);
  });
});

describe('tests to code', () => {
  const codes = { 'operator/a.ts': file(40), 'server/a.ts': file(40), 'crds/a.ts': file(20) };

  it('one and a half lines are enough', () => {
    expect(findings(testsAreEnough, { ...codes, 'test/a.ts': file(150) })).toEqual([]);
  });

  it('fewer are not', () => {
    expect(findings(testsAreEnough, { ...codes, 'test/a.ts': file(140) })).toEqual([
      'test:1: 1.40 lines of test to a line of code, at least 1.5',
    ]);
  });
});

describe('figures', () => {
  it('an empty tree has none', () => {
    expect(figuresOf(tree({}))).toEqual({
      codeFiles: [],
      testFiles: [],
      functions: [],
      testRatio: 0,
    });
    expect(quantile([], 0.5)).toBe(0);
  });

  it('a quantile is a value of the list', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect([0, 0.5, 0.9, 1].map((share) => quantile(values, share))).toEqual([1, 6, 10, 10]);
  });
});
