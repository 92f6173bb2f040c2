// Lengths of files, functions and lines: the last that is allowed and the first that is not.
import { describe, expect, it } from 'vitest';
import {
  designIsShort,
  filesAreShort,
  functionsAreShort,
  linesAreShort,
} from '../../tidy/rules/lengths.ts';
import { findings, lines, places, repeated } from './findings.ts';

describe('files', () => {
  it('may have 250 lines', () => {
    expect(findings(filesAreShort, { 'server/a.ts': repeated(250, 'f();') })).toEqual([]);
  });

  it('may not have 251, be they code or test', () => {
    const text = repeated(251, 'f();');
    expect(findings(filesAreShort, { 'server/a.ts': text, 'test/a.test.ts': text })).toEqual([
      'server/a.ts:251: 251 lines, at most 250: give a part of it its own file',
      'test/a.test.ts:251: 251 lines, at most 250: give a part of it its own file',
    ]);
  });
});

describe('functions', () => {
  const body = (count: number) => repeated(count, '  f();');

  it('may have 70 lines', () => {
    const text = `function sum() {\n${body(68)}}\n`;
    expect(findings(functionsAreShort, { 'operator/a.ts': text })).toEqual([]);
  });

  it('may not have 71', () => {
    const text = `f();\nfunction sum() {\n${body(69)}}\n`;
    expect(findings(functionsAreShort, { 'operator/a.ts': text })).toEqual([
      'operator/a.ts:2: sum has 71 lines, at most 70: name its steps',
    ]);
  });

  it('count the closures in them, and closures count alone', () => {
    const closure = `  g(() => {\n${body(75)}  });\n`;
    const text = `const outer = () => {\n${closure}};\n`;
    expect(places(functionsAreShort, { 'server/a.ts': text })).toEqual([
      'server/a.ts:1',
      'server/a.ts:2',
    ]);
  });

  it('are measured even when their body is one long expression', () => {
    const text = `const list = () => [\n${repeated(70, '  1,')}];\n`;
    expect(places(functionsAreShort, { 'crds/a.ts': text })).toEqual(['crds/a.ts:1']);
  });

  it('are not measured in tests, which list cases', () => {
    const text = `describe('all', () => {\n${body(90)}});\n`;
    expect(findings(functionsAreShort, { 'test/unit/a.test.ts': text })).toEqual([]);
  });
});

describe('lines', () => {
  it('may have 100 columns, and not 101', () => {
    const text = lines(`// ${'x'.repeat(97)}`, `// ${'x'.repeat(98)}`);
    expect(findings(linesAreShort, { 'cli/a.ts': text })).toEqual([
      'cli/a.ts:2: 101 columns, at most 100',
    ]);
  });

  it('are measured in characters, not in units of UTF-16', () => {
    expect(findings(linesAreShort, { 'cli/a.ts': `// ${'🙂'.repeat(97)}\n` })).toEqual([]);
  });
});

describe('design notes', () => {
  it('may have 150 lines, and not 151', () => {
    const texts = {
      'operator/DESIGN.md': repeated(150, 'a'),
      'server/DESIGN.md': repeated(151, 'a'),
      'docs/server.md': repeated(900, 'a'),
    };
    expect(findings(designIsShort, texts)).toEqual([
      'server/DESIGN.md:151: 151 lines, at most 150: leave out what the code says itself',
    ]);
  });
});
