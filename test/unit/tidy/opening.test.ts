// Every file opens with a comment: what passes for one and what does not.
import { describe, expect, it } from 'vitest';
import { opensWithComment } from '../../tidy/rules/opening.ts';
import { findings, lines } from './findings.ts';

const inFile = (...text: string[]) => findings(opensWithComment, { 'server/a.ts': lines(...text) });

describe('passes', () => {
  it.each([
    ['a sentence in a line comment', ['// Reads the settings of the server.', 'f();']],
    ['a sentence over two line comments', ['// Reads the settings', '// of the server.', 'f();']],
    ['a block comment', ['/** Reads the settings of the server. */', 'f();']],
    ['a comment under the line that names the interpreter', ['#!/x', '// Prints what it finds.']],
    ['a comment that begins with a path', ['// /kv: stores and reads keys.', 'f();']],
    ['a comment under a suppression', ['// biome-ignore-all x: y', '// Prints what it finds.']],
  ])('%s', (_what, text) => {
    expect(inFile(...text)).toEqual([]);
  });
});

describe('is found', () => {
  it.each([
    ['code first', ['f();', '// Reads the settings of the server.']],
    ['an empty line first', ['', '// Reads the settings of the server.']],
    ['a single word', ['// Settings.', 'f();']],
    ['words that make no sentence', ['// settings of the server', 'f();']],
    ['only a suppression', ['// biome-ignore-all lint/x: it is quite all right.', 'f();']],
    ['only a reference', ['/// <reference path="../all/of/the/types.d.ts" />', 'f();']],
    ['nothing at all', ['']],
  ])('%s', (_what, text) => {
    expect(inFile(...text)).toEqual([expect.stringMatching(/^server\/a\.ts:1: open with a comm/)]);
  });
});
