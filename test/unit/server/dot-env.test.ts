// The text of a .env file: what is taken of it, and that nothing else is passed over.
// That the program reads one is tested in test/server/start.test.ts.
import { expect, test } from 'vitest';
import { dotEnvOf } from '../../../server/dot-env.ts';
import { limits } from '../../../server/limits.ts';

const KNOWN = new Set(['TOKENS_FILE', 'PORT']);
const read = (text: string) => dotEnvOf(text, KNOWN);

test.each([
  ['plain', 'TOKENS_FILE=a\nPORT=1'],
  ['with blanks and comments', '# mine\n\n  TOKENS_FILE = a # the file\n  # and\nPORT=1\n'],
  ['quoted', 'TOKENS_FILE="a"\nPORT=\'1\' # a port\n'],
  ['as a shell has it', 'export TOKENS_FILE=a\nexport PORT=1\n'],
  ['with newlines of Windows', 'TOKENS_FILE=a\r\nPORT=1\r\n'],
  ['with newlines of an old Mac', 'TOKENS_FILE=a\rPORT=1\r'],
])('settings %s are taken', (_, text) => {
  expect(read(text)).toEqual({ values: { TOKENS_FILE: 'a', PORT: '1' }, mistakes: [] });
});

test('an empty file and an empty value are no mistakes', () => {
  expect(read('')).toEqual({ values: {}, mistakes: [] });
  expect(read('PORT=')).toEqual({ values: { PORT: '' }, mistakes: [] });
});

test.each([
  ['TOKEN_FILE=a', 'sets "TOKEN_FILE", which is no setting'],
  ['tokens_file=a', 'sets "tokens_file", which is no setting'],
  ['exportTOKENS_FILE=a', 'sets "exportTOKENS_FILE", which is no setting'],
  ['T\0O\0=a', 'sets "T\\u0000O\\u0000", which is no setting'],
  ['TOKENS_FILE', 'is not NAME=value'],
  ['TOKENS_FILE: a', 'is not NAME=value'],
  ['=a', 'is not NAME=value'],
])('%j is a mistake, told with its line', (line, complaint) => {
  const { values, mistakes } = read(`# first\n${line}\nPORT=1`);
  expect(mistakes).toEqual([expect.stringContaining(`.env line 2 ${complaint}`)]);
  expect(values).toEqual({ PORT: '1' });
});

test('a setting that stands twice is a mistake: the last must not empty the first', () => {
  const { mistakes } = read('TOKENS_FILE=a\nTOKENS_FILE=\n');
  expect(mistakes).toEqual(['.env line 2 sets TOKENS_FILE again']);
});

test('a quote that is not closed swallows no setting below it', () => {
  expect(read('PORT="1\nTOKENS_FILE="a"\n').values).toMatchObject({ TOKENS_FILE: 'a' });
});

test('every mistake is told, and no value', () => {
  const { mistakes } = read('A=private\nB=private\nprivate\n');
  expect(mistakes).toHaveLength(3);
  expect(mistakes.join()).not.toContain('private');
});

test('a long name is not repeated as a whole', () => {
  const [mistake] = read(`${'X'.repeat(5_000)}=1`).mistakes;
  expect(mistake?.length).toBeLessThan(limits.echoCharactersMax + 100);
});
